// The buttons around the canvas, and the keys that do the same.

import { button, el } from "./dom.js";

const TOOLS = {
  brush: ["Brush", "B", "Paint what to make anew; Alt takes away"],
  eraser: ["Eraser", "E", "Take paint away"],
  lasso: ["Lasso", "L", "Draw around what to make anew; Alt takes away"],
  rectangle: ["Rectangle", "R", "Draw a rectangle; Shift: a square, Alt takes away"],
  ellipse: ["Ellipse", "O", "Draw an ellipse; Shift: a circle, Alt takes away"],
  bucket: ["Bucket", "G", "Fill an enclosed area, or everything; Alt empties a painted one"],
};

const KEYS = Object.fromEntries(Object.entries(TOOLS).map(([name, [, key]]) => [key.toLowerCase(), `take ${name}`]));
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
    const bare = (label, icon, command, title, argument) =>
      button(label, icon, () => act(command, argument), { bare: true, title });
    this.undo = bare("Undo", "undo", "undo", "Undo (Ctrl+Z)");
    this.redo = bare("Redo", "redo", "redo", "Redo (Ctrl+Shift+Z)");
    this.sizes = el("output", { class: "sizes" });
    this.tools = Object.entries(TOOLS).map(([name, row]) => this.tool(name, row));
    this.brushSize();
    const presses = { bare: true, hidden: true, title: "The pen's pressure makes the brush wider" };
    this.pressure = button("Pen pressure", "pen", () => this.toggle(this.pressure), presses);
    const softens = { bare: true, title: "Show how soft the edge will be (Feather, Grow)" };
    this.soft = button("Soft edge", "soft", () => this.soften(), softens);
    this.peek = this.hold();
    this.percent = button("", null, () => act("actual"), { class: "tool percent", title: "One pixel for one (1)" });
    this.parts(bare);
    this.toggle(this.pressure, true);
    this.toggle(this.soft, false);
    this.take("brush");
  }

  parts(bare) {
    const open = button("Open", "open", () => this.act("open"), { title: "Open a picture", "aria-label": "Open" });
    const whole = [
      bare("Clear", "clear", "paint", "Clear the mask", "clear"),
      bare("Fill", "fill", "paint", "Fill the whole mask", "fill"),
      bare("Invert", "invert", "paint", "Invert the mask", "invert"),
      bare("Grow", "grow", "grow", "Make the mask larger on every side", 1),
      bare("Shrink", "shrink", "grow", "Make the mask smaller on every side", -1),
    ];
    const zoom = [
      bare("Further away", "minus", "further", "Further away (-)"),
      this.percent,
      bare("Nearer", "plus", "nearer", "Nearer (+)"),
      bare("Fit", "fit", "fit", "Fit (Ctrl+0)"),
    ];
    const group = (name, label, ...children) =>
      el("div", { class: `group ${name}`, role: "group", "aria-label": label }, ...children);
    this.file = group("file", "Picture", open, this.undo, this.redo);
    this.painting = group("painting", "Brushes and shapes", ...this.tools, this.size, this.pressure);
    this.masking = group("masking", "Mask", ...whole, this.soft, this.peek);
    this.zooming = group("zooming", "Zoom", ...zoom);
  }

  tool(name, [label, key, title]) {
    const naming = { bare: true, title: `${label} (${key}): ${title}`, "data-tool": name };
    return button(label, name, () => this.take(name), naming);
  }

  brushSize() {
    const range = { type: "range", min: 1, max: 128, value: 32, "aria-label": "Brush size" };
    this.width = el("input", { ...range, oninput: () => this.act("resize") });
    this.size = el("label", { class: "brush-size", title: "Brush size ([ and ])" }, this.width);
  }

  /** While it is held, the mask is out of the way; it never stays hidden. */
  hold() {
    const hide = (hidden) => () => this.act("peek", hidden);
    const node = button("Hide the mask while held", "eye", null, { bare: true });
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
