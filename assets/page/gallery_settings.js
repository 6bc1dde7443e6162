// The settings of a picture, to be read and to be used again: all of them, or those that are ticked.

import { el } from "./dom.js";
import { hasField } from "./recall.js";
import { COMMON, RECALL } from "./words.js";

const NAMES = { image: COMMON.picture, mask: COMMON.mask };
const WORDS = new Set(["prompt", "negative"]); // they are shown above, at full length

export class Settings {
  constructor({ task, settings, pictures }) {
    this.task = task;
    this.all = settings;
    this.boxes = new Map();
    this.kept = new Map(Object.entries(pictures).filter(([, saved]) => saved));
    this.table = el("div", { class: "settings" }, ...this.pictures(), ...settings.map((each) => this.row(each)));
    this.pick(false);
  }

  /** Source and mask, as far as they are here, come first. */
  pictures() {
    const named = ([name, { width, height }]) => ({ name, label: NAMES[name], shown: `${width} × ${height}`, usual: false });
    return [...this.kept].map((each) => this.row(named(each), true));
  }

  row(setting, can = hasField(this.task, setting.field)) {
    const box = el("input", { type: "checkbox", checked: true, "aria-label": RECALL.use(setting.label) });
    if (can) this.boxes.set(setting.name, box);
    const shown = setting.shown || RECALL.empty;
    const cells = [el("span", { class: "name" }, setting.label), el("span", { class: "value", title: shown }, shown)];
    const row = el("label", { class: "setting" }, can ? box : el("span"), ...cells);
    row.dataset.usual = String(setting.usual);
    row.dataset.words = String(WORDS.has(setting.name));
    row.dataset.can = String(can);
    return row;
  }

  /** While picking, each setting that has a field has a box to tick. */
  pick(picking) {
    this.picking = picking;
    this.table.classList.toggle("picking", picking);
  }

  /** What shall be used. */
  get chosen() {
    return this.all.filter((setting) => !this.picking || this.takes(setting.name));
  }

  /** The pictures that shall be on the canvas, by their names. */
  get chosenPictures() {
    return Object.fromEntries([...this.kept].filter(([name]) => !this.picking || this.takes(name)));
  }

  takes(name) {
    return Boolean(this.boxes.get(name)?.checked);
  }
}
