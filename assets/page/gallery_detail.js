// One picture as large as the window, beside all that is known of it.

import { button, el } from "./dom.js";
import * as doors from "./gallery_doors.js";
import { Sheet } from "./gallery_sheet.js";
import * as server from "./server.js";
import { say } from "./toast.js";
import { COMMON } from "./words.js";

export class Detail {
  /** `siblings()`: what can be leafed through; `names(kind)`: tags or collections that there are; `closed(id)`. */
  constructor(decide, { siblings, names, closed }) {
    Object.assign(this, { decide, siblings, names, closed });
    this.turn = 0;
  }

  build() {
    this.image = el("img", { alt: "" });
    this.back = button(COMMON.previous, "previous", () => this.leaf(-1), { bare: true, class: "tool back" });
    this.on = button(COMMON.next, "next", () => this.leaf(1), { bare: true, class: "tool on" });
    this.stage = el("div", { class: "stage" }, this.image, this.back, this.on);
    this.panel = el("div", { class: "panel" });
    const shut = button(COMMON.close, "close", () => this.dialog.close(), { bare: true, class: "tool shut" });
    this.dialog = el("dialog", { class: "studio-detail", "aria-label": COMMON.picture }, this.stage, this.panel, shut);
    this.dialog.addEventListener("keydown", (event) => this.key(event));
    const container = document.querySelector(".gradio-container"); // for its fonts and colours
    this.dialog.addEventListener("close", () => {
      this.panel.replaceChildren();
      container.append(...this.dialog.querySelectorAll(".studio-toast")); // there may be something to undo in it
      this.closed(this.id);
    });
    container.append(this.dialog);
  }

  async open(id) {
    if (!this.dialog) this.build();
    const turn = (this.turn += 1);
    const kept = this.id === id && this.dialog.open;
    this.id = id;
    try {
      const about = await doors.about(id);
      if (turn !== this.turn) return;
      this.show(about, kept);
      if (!this.dialog.open) this.dialog.showModal();
    } catch (error) {
      if (turn !== this.turn) return;
      this.dialog.close();
      say(error.message);
    }
  }

  show(about, kept) {
    const { id, prompt, width, height, trashed } = about;
    const url = trashed ? doors.thumbnail(id, 1280) : server.picture(id);
    if (this.image.src !== url) Object.assign(this.image, { src: url, alt: prompt || COMMON.wordless, width, height });
    const at = (this.at = this.place);
    this.back.hidden = at <= 0;
    this.on.hidden = at < 0 || at >= this.siblings().length - 1;
    const { scrollTop } = this.panel;
    const close = () => this.dialog.close();
    this.sheet = new Sheet(about, { decide: this.decide, names: this.names, open: (id) => this.open(id), close });
    this.panel.replaceChildren(this.sheet.root);
    this.panel.scrollTop = kept ? scrollTop : 0;
    if (!this.dialog.contains(document.activeElement)) this.dialog.focus();
  }

  get place() {
    return this.siblings().findIndex(({ id }) => id === this.id);
  }

  leaf(by) {
    const next = this.siblings()[this.place + by];
    if (next) this.open(next.id);
  }

  /** Something else is true of these pictures: show it, or the next one where this one is no longer among the others. */
  follow(changed) {
    if (!this.dialog?.open || !changed.includes(this.id)) return;
    const others = this.siblings();
    if (this.place >= 0 || this.at < 0) this.open(this.id);
    else if (others.length) this.open(others[Math.min(this.at, others.length - 1)].id);
    else this.dialog.close();
  }

  key(event) {
    if (event.target.closest("input, textarea, select, [role=menu]") || event.ctrlKey || event.metaKey || event.altKey) return;
    const { about } = this.sheet;
    const act = {
      ArrowLeft: () => this.leaf(-1),
      ArrowRight: () => this.leaf(1),
      s: () => this.decide.star([about], !about.star),
      Delete: () => (about.trashed ? this.decide.restore([about]) : this.decide.trash([about])),
    }[event.key];
    if (!act) return;
    event.preventDefault();
    event.stopPropagation();
    act();
  }
}
