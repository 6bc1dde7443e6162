// The prompts that were generated from, newest first, each once, kept in this browser.

import { local } from "./store.js";

const KEPT = "studio.prompts";
const MOST = 50;

export const earlier = () => local.get(KEPT, []).filter((each) => typeof each === "string");

export function remember(prompt) {
  const text = prompt.trim();
  if (text) local.set(KEPT, [text, ...earlier().filter((each) => each !== text)].slice(0, MOST));
}

/** Walking through them from a field: what stood there before is the newest of all. */
export class Walk {
  constructor() {
    this.begin("");
  }

  begin(draft) {
    this.draft = draft;
    this.at = -1;
  }

  /** What stands `by` prompts further back than `text`; null where there is none. */
  step(by, text) {
    const all = earlier();
    if (this.said !== text) this.begin(text);
    const next = this.at + by;
    if (next < -1 || next >= all.length) return null;
    const stands = this.at === -1 && all[next] === text; // as it does after Generate
    if (stands && next + 1 < all.length) return this.step(by + 1, text);
    this.at = next;
    this.said = next < 0 ? this.draft : all[next];
    return this.said;
  }
}
