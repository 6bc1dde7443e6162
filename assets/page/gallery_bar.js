// What can be done with the pictures that are chosen.

import { button, el } from "./dom.js";
import * as doors from "./gallery_doors.js";
import { GALLERY } from "./gallery_words.js";
import { COMMON } from "./words.js";

export class Bar {
  /** `decide`: what is done with pictures (`gallery_decide.js`); `drop()`: choose none; `names()`: what there is. */
  constructor(decide, drop, names) {
    Object.assign(this, { decide, names });
    this.pictures = [];
    this.count = el("strong", { role: "status" });
    this.star = button(COMMON.star, "star", () => decide.star(this.pictures, !this.starred));
    this.tag = button(COMMON.tag, "tag", () => this.ask(COMMON.tag, "tags", (name) => decide.tag(this.pictures, name)));
    const collect = (name) => decide.collect(this.pictures, name);
    this.collect = button(COMMON.collection, "folder", () => this.ask(COMMON.collection, "collections", collect));
    this.save = el("a", { class: "tool", download: "pictures.zip" });
    this.save.append(...button(COMMON.download, "download").childNodes);
    this.trash = button(COMMON.trash, "clear", () => decide.trash(this.pictures));
    this.restore = button(GALLERY.putBack, "restore", () => decide.restore(this.pictures));
    const none = button(GALLERY.chooseNone, "close", drop, { bare: true });
    this.naming = el("form", { class: "naming", hidden: true });
    const acts = [this.star, this.tag, this.collect, this.save, this.trash, this.restore];
    this.root = el("div", { class: "bar-chosen", role: "toolbar", "aria-label": GALLERY.chosenPictures, hidden: true });
    this.root.append(this.count, ...acts, none, this.naming);
  }

  get starred() {
    return this.pictures.every(({ star }) => star);
  }

  show(pictures) {
    this.pictures = pictures;
    this.root.hidden = !pictures.length;
    this.naming.hidden ||= !pictures.length;
    if (!pictures.length) return;
    const thrown = pictures[0].trashed;
    this.count.textContent = GALLERY.chosen(pictures.length);
    this.star.querySelector("span").textContent = this.starred ? GALLERY.takeStar : COMMON.star;
    for (const each of [this.star, this.tag, this.collect, this.trash]) each.hidden = thrown;
    this.restore.hidden = !thrown;
    this.save.href = doors.bundle(pictures.map(({ id }) => id));
  }

  /** Ask for a name, with those that there are already to choose from. */
  ask(label, kind, act) {
    const known = el("datalist", { id: "studio-names" }, ...this.names(kind).map((value) => el("option", { value })));
    const field = el("input", { type: "text", maxLength: 64, placeholder: label, "aria-label": label });
    field.setAttribute("list", known.id);
    this.naming.replaceChildren(field, known, el("button", { type: "submit", class: "tool" }, GALLERY.add));
    this.naming.hidden = false;
    this.naming.onsubmit = (event) => {
      event.preventDefault();
      this.naming.hidden = true;
      if (field.value.trim()) act(field.value.trim());
    };
    this.naming.onkeydown = ({ key }) => {
      if (key === "Escape") this.naming.hidden = true;
    };
    field.focus();
  }
}
