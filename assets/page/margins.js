// The frame that a picture is to grow into: the new part is hatched, its edges can be dragged, and the number fields of
// the tab hold the margins.

import { el } from "./dom.js";
import { readField, writeField } from "./fields.js";
import { MAX_SIDE, SNAP, draggedMargin, grown, outwards, placement, soundMargin } from "./geometry.js";

const SIDES = ["left", "top", "right", "bottom"];
const KEYS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

export class Margins {
  /** `changed(size, grown)` is called with the size of the picture and of the frame. */
  constructor(task, frame, picture, changed) {
    Object.assign(this, { task, frame, picture, changed, size: null });
    this.labels = Object.fromEntries(SIDES.map((side) => [side, el("span", { class: `added ${side}` })]));
    frame.append(...Object.values(this.labels), ...SIDES.map((side) => this.handle(side)));
  }

  field(side) {
    return `${this.task}-${side}`;
  }

  get margins() {
    return Object.fromEntries(SIDES.map((side) => [side, soundMargin(readField(this.field(side)))]));
  }

  /** A new picture is shown. */
  reset(size) {
    this.size = size;
    this.draw();
  }

  draw() {
    if (!this.size) return;
    const { margins, size } = this;
    const frame = grown(size, margins);
    this.frame.style.setProperty("--w", frame.width);
    this.frame.style.setProperty("--h", frame.height);
    for (const [name, percent] of Object.entries(placement(size, margins))) this.picture.style[name] = `${percent}%`;
    for (const side of SIDES) {
      this.labels[side].textContent = margins[side] ? `+${margins[side]}` : "";
      this.labels[side].style.setProperty("--share", `${this.share(side, margins, frame)}%`);
    }
    this.changed(size, frame);
  }

  /** How much of the frame a margin takes, so that its label stands in its middle. */
  share(side, margins, frame) {
    return (100 * margins[side]) / (side === "left" || side === "right" ? frame.width : frame.height);
  }

  handle(side) {
    const name = `Drag the ${side} edge, or use the arrow keys`;
    const node = el("button", { type: "button", class: `edge ${side}`, "aria-label": name, title: name });
    node.addEventListener("pointerdown", (event) => this.drag(side, node, event));
    node.addEventListener("keydown", (event) => {
      const [dx, dy] = KEYS[event.key] ?? [0, 0];
      const steps = outwards(side, dx, dy);
      if (!steps) return;
      event.preventDefault();
      this.set(side, this.margins[side], steps * SNAP);
    });
    return node;
  }

  /** The scale of the moment of grasping counts, though the frame is fitted anew while it grows. */
  drag(side, node, down) {
    if (down.button !== 0 || !this.size) return;
    down.preventDefault();
    node.setPointerCapture(down.pointerId);
    const scale = this.picture.clientWidth / this.size.width;
    const start = this.margins[side];
    const move = (event) => {
      const distance = outwards(side, event.clientX - down.clientX, event.clientY - down.clientY);
      this.set(side, start, distance / scale);
    };
    const stop = () => node.removeEventListener("pointermove", move);
    node.addEventListener("pointermove", move);
    node.addEventListener("lostpointercapture", stop, { once: true });
  }

  set(side, start, distance) {
    const across = side === "left" || side === "right" ? "width" : "height";
    const room = MAX_SIDE - grown(this.size, { ...this.margins, [side]: 0 })[across];
    writeField(this.field(side), draggedMargin(start, distance, room));
  }
}
