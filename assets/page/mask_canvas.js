// The canvas that a mask is painted on, with its tools.

import { attachBrush } from "./brush.js";
import { button, el } from "./dom.js";
import { Easel } from "./easel.js";
import { brushFor, widestBrush } from "./geometry.js";
import { Mask } from "./mask.js";
import * as server from "./server.js";
import { local } from "./store.js";

const KEPT = "studio.mask";
const MOST_KEPT = 60_000; // points, of some 15 characters each; browsers grant about five times that

export class MaskCanvas extends Easel {
  constructor(root, task) {
    super(root, task);
    this.erase = false;
    this.sent = {};
    this.surface = el("canvas", { class: "mask", "aria-label": "Mask" });
    this.sheet.append(this.surface);
    this.furnish();
    this.mask = new Mask(this.surface, (mask) => this.refresh(mask));
    attachBrush(this.easel, this.sheet, this.mask, () => ({ width: Number(this.width.value), erase: this.erase }));
    this.easel.addEventListener("keydown", (event) => this.key(event));
    this.recall();
  }

  furnish() {
    this.width = el("input", { type: "range", min: 1, max: 128, value: 32, "aria-label": "Brush size" });
    const naming = (name, title) => ({ title, "aria-label": name });
    this.brush = button("Brush", "brush", () => this.take(false), naming("Brush", "Paint what to make anew (B)"));
    this.eraser = button("Eraser", "eraser", () => this.take(true), naming("Eraser", "Take paint away (E)"));
    this.undo = button("Undo", "undo", () => this.mask.undo(), { bare: true, title: "Undo (Ctrl+Z)" });
    this.redo = button("Redo", "redo", () => this.mask.redo(), { bare: true, title: "Redo (Ctrl+Shift+Z)" });
    const whole = ["Clear", "Invert", "Fill"].map((label) => {
      const kind = label.toLowerCase();
      return button(label, kind, () => this.mask.apply(kind), { bare: true, title: `${label} the mask` });
    });
    const size = el("label", { class: "brush-size", title: "Brush size ([ and ])" }, this.width);
    this.painting = el("div", { class: "group" }, this.brush, this.eraser, size, this.undo, this.redo, ...whole);
    this.painting.hidden = true;
    this.tools.append(this.painting);
    this.take(false);
  }

  begin(size) {
    const colour = getComputedStyle(this.surface).getPropertyValue("--mask-colour").trim();
    this.width.max = widestBrush(size);
    this.width.value = brushFor(size);
    this.painting.hidden = false;
    this.easel.tabIndex = 0;
    this.mask.reset(size, colour);
  }

  take(erase) {
    this.erase = erase;
    this.brush.setAttribute("aria-pressed", String(!erase));
    this.eraser.setAttribute("aria-pressed", String(erase));
  }

  refresh(mask) {
    this.undo.disabled = !mask.done.length;
    this.redo.disabled = !mask.undone.length;
    if (!mask.fresh) this.keep(mask);
  }

  /** A reload loses no strokes, as long as they are not very many. */
  keep({ base, done }) {
    const points = done.reduce((sum, operation) => sum + (operation.points?.length ?? 0), 0);
    local.remove(KEPT); // so that no older mask comes back where this one cannot be kept
    if (!base && points <= MOST_KEPT) local.set(KEPT, { picture: this.picture.id, done });
  }

  resume() {
    const kept = local.get(KEPT);
    if (kept?.picture === this.picture.id) this.mask.resume(kept.done);
  }

  key(event) {
    const command = event.ctrlKey || event.metaKey;
    const name = `${command ? "Ctrl+" : ""}${event.shiftKey && command ? "Shift+" : ""}${event.key.toLowerCase()}`;
    const wider = (factor) => (this.width.value = Math.ceil(this.width.value * factor));
    const action = {
      b: () => this.take(false),
      e: () => this.take(true),
      "[": () => wider(0.8),
      "]": () => wider(1.25),
      "Ctrl+z": () => this.mask.undo(),
      "Ctrl+Shift+z": () => this.mask.redo(),
      "Ctrl+y": () => this.mask.redo(),
    }[name];
    if (!action) return;
    event.preventDefault();
    action();
  }

  /** What is on the easel now; another picture may be opened while the mask is on its way. */
  async commit() {
    const { picture, mask } = this;
    if (!picture || mask.untouched) return { picture: picture?.id ?? null, mask: null };
    const { version } = mask;
    if (this.sent.version === version) return { picture: picture.id, mask: this.sent.id };
    const { id } = await server.keep(await mask.toBlob(), "mask");
    this.sent = { version, id };
    return { picture: picture.id, mask: id };
  }
}
