// The frame that a picture is to grow into: the new part is hatched, its edges and corners can be dragged, and the
// number fields of Outpaint say the same.

import { appeared, el } from "./dom.js";
import { readField, writeField } from "./fields.js";
import { SNAP, aspect, dragged, grown, soundMargin } from "./geometry.js";
import { MARGINS } from "./words.js";

const SIDES = ["left", "top", "right", "bottom"];
const HANDLES = [...SIDES, "left top", "right top", "left bottom", "right bottom"];
const KEYS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
const LEGIBLE = 44; // pixels of the page that a label and the handle beside it need
const MOUNTING = 1000; // milliseconds that Gradio may take until what is written into a new field stays
const NONE = { left: 0, top: 0, right: 0, bottom: 0 };

const field = (side) => `outpaint-${side}`;
export const sameMargins = (one, other) => SIDES.every((side) => one?.[side] === other?.[side]);

export class Margins {
  /**
   * `frame` is the element that is drawn around the picture.  `set(margins, typed)` is called when a person has dragged
   * or typed; `draft(margins)` while one still drags, and with null when that is over.
   */
  constructor(frame, { set, draft, scale }) {
    Object.assign(this, { frame, set, draft, scale, size: null, values: NONE, writing: false, dragging: false });
    this.labels = Object.fromEntries(SIDES.map((side) => [side, el("span", { class: `added ${side}` })]));
    this.badge = el("output", { class: "badge", hidden: true });
    frame.append(...Object.values(this.labels), ...HANDLES.map((handle) => this.handle(handle)), this.badge);
    document.addEventListener("input", ({ target }) => {
      if (this.writing || !SIDES.some((side) => target.closest?.(`#${field(side)}`))) return;
      this.set(this.typed(), document.activeElement);
    });
  }

  /** Gradio says what stands in the fields, also while they are being written: only what all four show counts. */
  told(margins) {
    if (this.dragging || !this.first) return;
    const mounting = performance.now() < this.met + MOUNTING && sameMargins(margins, this.first);
    if (mounting) return this.fill(this.values); // it has put back what stood there before the canvas spoke
    if (sameMargins(margins, this.typed()) && !sameMargins(margins, this.values)) this.set(margins);
  }

  typed() {
    return Object.fromEntries(SIDES.map((side) => [side, soundMargin(readField(field(side)))]));
  }

  /** The fields are there as soon as their tab was shown once; what stands in them counts until somebody changes it. */
  async meet(margins) {
    await appeared(`#${field("bottom")} input`);
    this.values = this.first = this.typed();
    this.met = performance.now();
    this.write(margins());
  }

  /** Write into the fields, whoever has changed the margins; null: nobody has, they are what they were at first. */
  write(margins) {
    this.values = margins ?? this.first ?? NONE;
    this.fill(this.values);
  }

  fill(margins) {
    if (!this.first || sameMargins(this.typed(), margins)) return;
    this.writing = true;
    for (const side of SIDES) writeField(field(side), margins[side]);
    this.writing = false;
  }

  /** The whole, in pixels of the picture. */
  box(margins = this.values) {
    return { left: -margins.left, top: -margins.top, ...grown(this.size, margins) };
  }

  /** Whether a picture is as large as the present one with its margins. */
  filledBy({ width, height }) {
    if (!this.size || sameMargins(this.values, NONE)) return false;
    const whole = this.box();
    return whole.width === width && whole.height === height;
  }

  /** Draw the frame around the picture that lies at `place`. */
  draw({ scale, x, y }, margins = this.values) {
    const { left, top, width, height } = this.box(margins);
    const style = { left: x + left * scale, top: y + top * scale, width: width * scale, height: height * scale };
    for (const [name, value] of Object.entries(style)) this.frame.style[name] = `${value}px`;
    for (const side of SIDES) {
      this.labels[side].textContent = margins[side] * scale > LEGIBLE ? `+${margins[side]}` : "";
      this.labels[side].style.setProperty("--far", `${(margins[side] * scale) / 2}px`);
    }
  }

  handle(handle) {
    const corner = handle.includes(" ");
    const name = MARGINS.handle(MARGINS.edges[handle]);
    const naming = { "aria-label": name, title: name, "data-edge": handle };
    const node = el("button", { type: "button", class: `edge ${handle}${corner ? " corner" : ""}`, ...naming });
    node.addEventListener("pointerdown", (event) => this.drag(handle, node, event));
    node.addEventListener("keydown", (event) => {
      const [dx, dy] = KEYS[event.key] ?? [0, 0];
      const next = dragged(this.values, this.size, handle, dx * SNAP, dy * SNAP, event.shiftKey);
      if (!(dx || dy)) return;
      event.preventDefault();
      if (!sameMargins(next, this.values)) this.set(next);
    });
    return node;
  }

  /** The scale of the moment of grasping counts, though the view may go further away while the frame grows. */
  drag(handle, node, down) {
    if (down.button !== 0 || !this.size) return;
    down.preventDefault();
    down.stopPropagation();
    node.focus({ preventScroll: true });
    node.setPointerCapture(down.pointerId);
    const [scale, start] = [this.scale(), this.values];
    let next = start;
    this.dragging = true;
    const move = (event) => {
      const [dx, dy] = [(event.clientX - down.clientX) / scale, (event.clientY - down.clientY) / scale];
      next = dragged(start, this.size, handle, dx, dy, event.shiftKey);
      this.fill(next);
      this.tell(next);
      this.draft(next);
    };
    const stop = () => {
      node.removeEventListener("pointermove", move);
      this.badge.hidden = true;
      this.dragging = false;
      this.draft(null);
      if (!sameMargins(next, start)) this.set(next);
    };
    node.addEventListener("pointermove", move);
    node.addEventListener("lostpointercapture", stop, { once: true });
  }

  /** While it is dragged: the new size, its shape, and how much is new. */
  tell(margins) {
    const { width, height } = grown(this.size, margins);
    const more = width * height - this.size.width * this.size.height;
    this.badge.hidden = false;
    this.badge.textContent = `${width} × ${height} · ${aspect({ width, height })} · +${MARGINS.amount(more)}`;
  }
}
