// The buttons around the canvas, and the keys that do the same.

import { button, el } from "./dom.js";
import { BUTTONS, COMMON, TOOLBAR, TOOLS } from "./words.js";

const LETTERS = { brush: "B", eraser: "E", lasso: "L", rectangle: "R", ellipse: "O", bucket: "G" };
const KEYS = Object.fromEntries(Object.entries(LETTERS).map(([name, key]) => [key.toLowerCase(), `take ${name}`]));
const COMMANDS = {
  ...KEYS,
  "[": "thinner",
  "]": "thicker",
  "Ctrl+z": "undo",
  "Ctrl+Shift+z": "redo",
  "Ctrl+y": "redo",
  "Ctrl+0": "fit",
  1: "actual",
  "+": "nearer",
  "-": "further",
  escape: "drop",
};

/** What a key means on the canvas, or undefined. */
export function commandOf(event) {
  if (event.altKey) return undefined;
  const command = event.ctrlKey || event.metaKey;
  return COMMANDS[`${command ? "Ctrl+" : ""}${event.shiftKey && command ? "Shift+" : ""}${event.key.toLowerCase()}`];
}

export class Toolbar {
  /** `act(command, argument)` is called for every button. */
  constructor(act) {
    this.act = act;
    this.name = "brush";
    const bare = (name, command, argument, icon = name) =>
      button(BUTTONS[name][0], icon, () => act(command, argument), { bare: true, title: BUTTONS[name][1] });
    this.undo = bare("undo", "undo");
    this.redo = bare("redo", "redo");
    this.sizes = el("output", { class: "sizes" });
    this.tools = Object.keys(LETTERS).map((name) => this.tool(name));
    this.brushSize();
    const presses = { bare: true, hidden: true, title: BUTTONS.pressure[1] };
    this.pressure = button(BUTTONS.pressure[0], "pen", () => this.toggle(this.pressure), presses);
    const softens = { bare: true, title: BUTTONS.soft[1] };
    this.soft = button(BUTTONS.soft[0], "soft", () => this.soften(), softens);
    this.peek = this.hold();
    this.percent = button("", null, () => act("actual"), { class: "tool percent", title: TOOLBAR.actual });
    this.parts(bare);
    this.toggle(this.pressure, true);
    this.toggle(this.soft, false);
    this.take("brush");
  }

  parts(bare) {
    const naming = { title: BUTTONS.open[1], "aria-label": BUTTONS.open[0] };
    const open = button(BUTTONS.open[0], "open", () => this.act("open"), naming);
    const whole = ["clear", "fill", "invert"].map((name) => bare(name, "paint", name));
    const sized = [bare("grow", "grow", 1), bare("shrink", "grow", -1)];
    const zoom = [
      bare("further", "further", undefined, "minus"),
      this.percent,
      bare("nearer", "nearer", undefined, "plus"),
      bare("fit", "fit"),
    ];
    const group = (name, label, ...children) =>
      el("div", { class: `group ${name}`, role: "group", "aria-label": label }, ...children);
    this.file = group("file", COMMON.picture, open, this.undo, this.redo);
    this.painting = group("painting", TOOLBAR.painting, ...this.tools, this.size, this.pressure);
    this.masking = group("masking", COMMON.mask, ...whole, ...sized, this.soft, this.peek);
    this.zooming = group("zooming", TOOLBAR.zoom, ...zoom);
  }

  tool(name) {
    const [label, what] = TOOLS[name];
    const naming = { bare: true, title: TOOLBAR.tool(label, LETTERS[name], what), "data-tool": name };
    return button(label, name, () => this.take(name), naming);
  }

  brushSize() {
    const range = { type: "range", min: 1, max: 128, value: 32, "aria-label": BUTTONS.size[0] };
    this.width = el("input", { ...range, oninput: () => this.act("resize") });
    this.size = el("label", { class: "brush-size", title: BUTTONS.size[1] }, this.width);
  }

  /** While it is held, the mask is out of the way; it never stays hidden. */
  hold() {
    const hide = (hidden) => () => this.act("peek", hidden);
    const node = button(TOOLBAR.peek, "eye", null, { bare: true });
    for (const name of ["pointerdown", "keydown"]) node.addEventListener(name, hide(true));
    const ends = ["pointerup", "pointercancel", "pointerleave", "keyup", "blur"];
    for (const name of ends) node.addEventListener(name, hide(false));
    return node;
  }

  take(name) {
    this.name = name;
    for (const node of this.tools) node.setAttribute("aria-pressed", String(node.dataset.tool === name));
    this.act("resize");
  }

  toggle(node, on = node.getAttribute("aria-pressed") !== "true") {
    node.setAttribute("aria-pressed", String(on));
    return on;
  }

  soften() {
    this.act("soft", this.toggle(this.soft));
  }

  /** What is in the hand, in pixels of the picture. */
  get held() {
    const pressure = this.pressure.getAttribute("aria-pressed") === "true";
    return { name: this.name, width: Number(this.width.value), pressure };
  }

  scaleBrush(factor) {
    this.width.value = factor > 1 ? Math.ceil(this.width.value * factor) : Math.floor(this.width.value * factor);
    this.act("resize");
  }

  suit(width, most) {
    this.width.max = most;
    this.width.value = width;
  }
}
