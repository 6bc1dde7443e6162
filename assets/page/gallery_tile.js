// One picture among many.

import { el, icon } from "./dom.js";
import * as doors from "./gallery_doors.js";
import { GALLERY } from "./gallery_words.js";
import { COMMON } from "./words.js";

const LEAST = 0.5; // width over height; what is narrower or wider is shown in part
const MOST = 2.6;

export class Tile {
  constructor(picture) {
    this.image = el("img", { src: doors.thumbnail(picture.id), alt: "", loading: "lazy", decoding: "async" });
    this.image.addEventListener("error", () => this.root.classList.add("broken"), { once: true });
    const star = el("span", { class: "starred" });
    const tick = el("span", { class: "tick" });
    star.append(icon("star"));
    tick.append(icon("check"));
    this.root = el("div", { class: "tile", role: "option", tabIndex: -1, "data-id": picture.id }, this.image, star, tick);
    const shape = picture.width / picture.height || 1;
    this.root.style.setProperty("--shape", Math.min(Math.max(shape, LEAST), MOST));
    this.update(picture);
    this.choose(false);
  }

  /** What is said of it has changed. */
  update(picture) {
    this.picture = picture;
    const words = picture.prompt || COMMON.wordless;
    this.root.setAttribute("aria-label", picture.star ? GALLERY.starred(words) : words);
    this.root.title = words;
    this.root.classList.toggle("star", picture.star);
  }

  choose(chosen) {
    this.root.setAttribute("aria-selected", String(chosen));
  }
}
