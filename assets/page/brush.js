// What the hand does on the canvas: it brushes, draws shapes around what it means, or pours paint; and a ring shows the
// brush where it is and as wide as it is.

import { el } from "./dom.js";

const LEAST = 0.1; // of a brush's width, however gently the pen is pressed

export class Hand {
  /** `tool()` is {name, width, pressure}; `record(mark)` is called with each finished mark. */
  constructor(port, sheet, mask, tool, record) {
    Object.assign(this, { sheet, mask, tool, record, draft: null, ready: false, scale: 1 });
    this.ring = el("div", { class: "ring", hidden: true });
    const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    svg.classList.add("draft");
    svg.setAttribute("aria-hidden", "true");
    this.outline = document.createElementNS("http://www.w3.org/2000/svg", "path");
    svg.append(this.outline);
    this.svg = svg;
    sheet.append(svg);
    port.append(this.ring);
  }

  resize({ width, height }) {
    this.svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
    this.size = { width, height };
  }

  /** Within reach of the picture; far outside nothing would come of it. */
  near([x, y]) {
    const { width, height } = this.size;
    return [Math.min(Math.max(x, -width), 2 * width), Math.min(Math.max(y, -height), 2 * height)];
  }

  down(at, event) {
    const { name, width } = this.tool();
    const point = this.near(at);
    const erase = name === "eraser" || event.altKey;
    if (name === "brush" || name === "eraser") return this.mask.begin(this.stroke(point, width, erase, event));
    const kind = { lasso: "polygon", rectangle: "rectangle", ellipse: "ellipse", bucket: "flood" }[name];
    this.draft = { kind, points: [point], erase };
    this.sketch();
  }

  stroke(point, width, erase, event) {
    const mark = { kind: "stroke", points: [point], width, erase };
    return this.presses(event) ? { ...mark, widths: [this.pressed(event, width)] } : mark;
  }

  presses(event) {
    return event.pointerType === "pen" && this.tool().pressure;
  }

  pressed(event, width) {
    return Math.round(10 * width * Math.max(event.pressure, LEAST)) / 10;
  }

  move(at, event) {
    const point = this.near(at);
    const { live } = this.mask;
    if (live) return this.mask.extend(point, live.widths && this.pressed(event, live.width));
    if (!this.draft || this.draft.kind === "flood") return;
    const [first] = this.draft.points;
    if (this.draft.kind === "polygon") this.draft.points.push(point);
    else this.draft.points = [first, event.shiftKey ? even(first, point) : point];
    this.sketch();
  }

  up() {
    const stroke = this.mask.end();
    const { draft } = this;
    this.draft = null;
    this.sketch();
    if (stroke) this.record(stroke);
    if (draft && isShape(draft)) this.record(draft);
  }

  cancel() {
    this.mask.end();
    this.draft = null;
    this.sketch();
  }

  /** The outline of a shape that is being drawn. */
  sketch() {
    this.outline.setAttribute("d", this.draft ? outlineOf(this.draft) : "");
  }

  hover([x, y], event) {
    const { name, width } = this.tool();
    const brushes = name === "brush" || name === "eraser";
    this.ring.hidden = !this.ready || !brushes || event.pointerType === "touch";
    if (this.ring.hidden) return;
    const across = Math.max(width * this.scale, 4);
    this.ring.classList.toggle("erases", name === "eraser" || event.altKey);
    const [left, top] = [x * this.scale + this.x - across / 2, y * this.scale + this.y - across / 2];
    const size = { width: `${across}px`, height: `${across}px` };
    Object.assign(this.ring.style, { ...size, transform: `translate(${left}px, ${top}px)` });
    this.seen = [[x, y], event];
  }

  /** The brush has another width now, or the picture another size. */
  again() {
    if (this.seen && !this.ring.hidden) this.hover(...this.seen);
  }

  away() {
    this.ring.hidden = true;
  }
}

/** The corner that makes a square or a circle of it. */
function even([a, b], [c, d]) {
  const side = Math.max(Math.abs(c - a), Math.abs(d - b));
  return [a + side * (Math.sign(c - a) || 1), b + side * (Math.sign(d - b) || 1)];
}

function isShape({ kind, points }) {
  if (kind === "flood") return true;
  if (kind === "polygon") return points.length > 2;
  return points.length === 2 && points[0][0] !== points[1][0] && points[0][1] !== points[1][1];
}

function outlineOf({ kind, points }) {
  if (kind === "polygon") return `M${points.map((point) => point.join(" ")).join("L")}Z`;
  if (points.length < 2) return "";
  const [[a, b], [c, d]] = points;
  if (kind === "rectangle") return `M${a} ${b}H${c}V${d}H${a}Z`;
  const radii = `${Math.abs(c - a) / 2} ${Math.abs(d - b) / 2} 0 1 1`;
  const middle = (b + d) / 2;
  return `M${a} ${middle}A${radii} ${c} ${middle}A${radii} ${a} ${middle}Z`;
}
