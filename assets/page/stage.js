// One picture, or two to compare: over each other with a slider, or beside each other.  Wheel, pinch, double click and
// keys zoom, dragging moves; both pictures always show the same part.

import { el } from "./dom.js";
import { COMPARE } from "./words.js";

const MOST = 16;
const CLOSE = 2.5; // what a double click zooms to
const STEP = 1.25;
const REACH = 24; // pixels of the page

export class Stage {
  constructor() {
    this.panes = [new Pane("before"), new Pane("after")];
    const range = { type: "range", min: 0, max: 100, step: 0.5, value: 50 };
    this.slider = el("input", { ...range, "aria-label": COMPARE.slider });
    this.line = el("div", { class: "divider" }, this.slider);
    this.root = el("div", { class: "stage" }, ...this.panes.map(({ root }) => root), this.line);
    this.slider.addEventListener("input", () => this.split(Number(this.slider.value)));
    this.fingers = new Map();
    this.listen();
  }

  /** Show `after` alone, or with `before`; `how` is "over" or "beside".  What is as large stays zoomed as it was. */
  show(after, before = null, how = "over", names = []) {
    this.panes[1].show(after, names[1]);
    if (before) this.panes[0].show(before, names[0], before.margins && after);
    this.root.dataset.how = before ? how : "alone";
    const size = `${after.width} ${after.height}`;
    if (size !== this.size) this.reset();
    this.size = size;
  }

  reset() {
    this.scale = 1;
    this.at = [0, 0];
    this.split(50);
    this.draw();
  }

  split(share) {
    this.slider.value = share;
    this.root.style.setProperty("--split", `${share}%`);
  }

  zoom(by, where = [0, 0]) {
    const scale = Math.min(Math.max(this.scale * by, 1), MOST);
    const real = scale / this.scale;
    this.at = this.at.map((at, axis) => where[axis] - (where[axis] - at) * real); // what is there stays there
    this.scale = scale;
    this.draw();
  }

  move(by) {
    this.at = this.at.map((at, axis) => at + by[axis]);
    this.draw();
  }

  draw() {
    const most = (this.scale - 1) / 2;
    this.at = this.at.map((at) => Math.min(Math.max(at, -most), most));
    const [x, y] = this.at.map((at) => `${at * 100}%`);
    for (const { sheet } of this.panes) sheet.style.transform = `translate(${x}, ${y}) scale(${this.scale})`;
    this.root.classList.toggle("zoomed", this.scale > 1);
    this.root.dataset.scale = this.scale.toFixed(2);
  }

  // Pointers.  Places are told from the middle of the picture, in its unzoomed sizes.

  listen() {
    const { root } = this;
    root.addEventListener("wheel", (event) => this.wheel(event), { passive: false });
    root.addEventListener("dblclick", (event) => {
      if (event.target !== this.slider) this.zoom(this.scale > 1 ? 0 : CLOSE, this.place(event));
    });
    root.addEventListener("pointerdown", (event) => this.press(event));
    root.addEventListener("pointermove", (event) => this.drag(event));
    for (const name of ["pointerup", "pointercancel"]) root.addEventListener(name, (event) => this.lift(event));
  }

  place({ clientX, clientY }) {
    const pane = this.panes.find(({ root }) => holds(root.getBoundingClientRect(), clientX, clientY)) ?? this.panes[1];
    const box = pane.root.getBoundingClientRect();
    const { offsetWidth, offsetHeight } = pane.sheet;
    return [(clientX - box.left - box.width / 2) / offsetWidth, (clientY - box.top - box.height / 2) / offsetHeight];
  }

  wheel(event) {
    event.preventDefault();
    this.zoom(Math.exp(-event.deltaY * (event.ctrlKey ? 0.01 : 0.0016)), this.place(event));
  }

  press(event) {
    if (event.button !== 0 || event.target === this.slider) return;
    event.preventDefault();
    this.root.setPointerCapture(event.pointerId);
    this.fingers.set(event.pointerId, this.place(event));
    this.slides = this.root.dataset.how === "over" && this.fingers.size === 1 && this.grips(event);
    if (this.slides) this.slide(event);
  }

  /** Whether a pointer takes the line between the pictures: close to it, or anywhere while there is nothing to move. */
  grips({ clientX }) {
    const { left, width } = this.root.getBoundingClientRect();
    return this.scale === 1 || Math.abs(clientX - left - (width * Number(this.slider.value)) / 100) < REACH;
  }

  drag(event) {
    const from = this.fingers.get(event.pointerId);
    if (!from) return;
    const to = this.place(event);
    if (this.fingers.size === 2) this.pinch(event.pointerId, from, to);
    else if (this.slides) this.slide(event);
    else this.move([to[0] - from[0], to[1] - from[1]]);
    this.fingers.set(event.pointerId, to);
  }

  pinch(id, from, to) {
    const [, other] = [...this.fingers].find(([each]) => each !== id);
    const apart = (place) => Math.hypot(place[0] - other[0], place[1] - other[1]);
    const middle = [(to[0] + other[0]) / 2, (to[1] + other[1]) / 2];
    this.zoom(apart(to) / Math.max(apart(from), 0.01), middle);
    this.move([(to[0] - from[0]) / 2, (to[1] - from[1]) / 2]);
  }

  lift(event) {
    this.fingers.delete(event.pointerId);
  }

  slide({ clientX }) {
    const { left, width } = this.root.getBoundingClientRect();
    this.split(Math.min(Math.max((100 * (clientX - left)) / width, 0), 100));
  }

  /** Whether a key was meant for the zoom. */
  key({ key }) {
    const act = {
      "+": () => this.zoom(STEP),
      "=": () => this.zoom(STEP),
      "-": () => this.zoom(1 / STEP),
      0: () => this.zoom(0),
    }[key];
    act?.();
    return Boolean(act);
  }
}

/** One of the two places for a picture. */
class Pane {
  constructor(name) {
    this.image = el("img", { alt: "", draggable: false });
    this.sheet = el("div", { class: "sheet" }, this.image);
    this.root = el("div", { class: `pane ${name}` }, this.sheet);
  }

  /** `around`: the picture that this one became a part of, by its `margins`. */
  show({ url, alt, width, height, margins }, name = "", around = null) {
    this.root.dataset.name = name;
    Object.assign(this.image, { src: url, alt });
    const size = around ?? { width, height };
    const known = size.width > 0 && size.height > 0;
    this.image.onload = known ? null : () => this.size(this.image.naturalWidth, this.image.naturalHeight);
    this.size(known ? size.width : 1, known ? size.height : 1);
    const inset = around ? margins : { left: 0, top: 0, right: 0, bottom: 0 };
    const share = (side, whole) => `${(100 * side) / whole}%`;
    Object.assign(this.image.style, {
      left: share(inset.left, size.width || 1),
      top: share(inset.top, size.height || 1),
      width: share((size.width || 1) - inset.left - inset.right, size.width || 1),
      height: share((size.height || 1) - inset.top - inset.bottom, size.height || 1),
    });
  }

  size(width, height) {
    this.sheet.style.setProperty("--w", width);
    this.sheet.style.setProperty("--h", height);
  }
}

function holds({ left, right, top, bottom }, x, y) {
  return x >= left && x <= right && y >= top && y <= bottom;
}
