// What a person decides about pictures.  Each decision is sent, told in a toast and, where it takes something away, can be
// taken back from there.

import * as doors from "./gallery_doors.js";
import { say } from "./toast.js";

const counted = (pictures) => (pictures.length === 1 ? "The picture" : `${pictures.length} pictures`);
const verb = (pictures, one, more) => (pictures.length === 1 ? one : more);

export class Decide {
  /** `changed(ids)`: something else is now true of these pictures. */
  constructor(changed) {
    this.changed = changed;
  }

  star(pictures, star) {
    return this.say(pictures, { star });
  }

  tag(pictures, tag) {
    return this.say(pictures, { add: [tag] }, `${counted(pictures)} ${verb(pictures, "is", "are")} tagged “${tag}”.`);
  }

  untag(pictures, tag) {
    return this.say(pictures, { drop: [tag] });
  }

  collect(pictures, collection) {
    const where = collection ? `${verb(pictures, "is", "are")} in “${collection}”` : "left its collection";
    return this.say(pictures, { collection }, `${counted(pictures)} ${where}.`);
  }

  say(pictures, change, sentence = "") {
    return this.act((ids) => doors.say(ids, change), pictures, sentence);
  }

  trash(pictures) {
    const undo = { label: "Undo", act: () => this.act(doors.restore, pictures, "") };
    const sentence = `${counted(pictures)} ${verb(pictures, "lies", "lie")} in the trash.`;
    return this.act(doors.trash, pictures, sentence, undo);
  }

  restore(pictures) {
    const back = `${counted(pictures)} ${verb(pictures, "is", "are")} back in the gallery.`;
    return this.act(doors.restore, pictures, back);
  }

  async empty() {
    try {
      const { gone } = await doors.empty();
      say(gone === 1 ? "One picture is gone for good." : `${gone} pictures are gone for good.`);
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
