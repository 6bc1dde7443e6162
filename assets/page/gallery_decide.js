// What a person decides about pictures.  Each decision is sent, told in a toast and, where it takes something away, can be
// taken back from there.

import * as doors from "./gallery_doors.js";
import { DECIDED } from "./gallery_words.js";
import { say } from "./toast.js";
import { COMMON } from "./words.js";

export class Decide {
  /** `changed(ids)`: something else is now true of these pictures. */
  constructor(changed) {
    this.changed = changed;
  }

  star(pictures, star) {
    return this.say(pictures, { star });
  }

  tag(pictures, tag) {
    return this.say(pictures, { add: [tag] }, DECIDED.tagged(pictures.length, tag));
  }

  untag(pictures, tag) {
    return this.say(pictures, { drop: [tag] });
  }

  collect(pictures, collection) {
    const { length } = pictures;
    const sentence = collection ? DECIDED.collected(length, collection) : DECIDED.uncollected(length);
    return this.say(pictures, { collection }, sentence);
  }

  say(pictures, change, sentence = "") {
    return this.act((ids) => doors.say(ids, change), pictures, sentence);
  }

  trash(pictures) {
    const undo = { label: COMMON.undo, act: () => this.act(doors.restore, pictures, "") };
    return this.act(doors.trash, pictures, DECIDED.trashed(pictures.length), undo);
  }

  restore(pictures) {
    return this.act(doors.restore, pictures, DECIDED.restored(pictures.length));
  }

  async empty() {
    try {
      const { gone } = await doors.empty();
      say(DECIDED.gone(gone));
    } catch (error) {
      say(error.message);
    }
    this.changed([]);
  }

  async act(door, pictures, sentence, undo) {
    const ids = pictures.map(({ id }) => id);
    try {
      const { done, problems } = await door(ids);
      await this.changed(done);
      if (problems.length) say(problems.join(" "));
      else if (sentence) say(sentence, undo);
    } catch (error) {
      say(error.message);
    }
  }
}
