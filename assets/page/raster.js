// A mask as pixels: the alpha of a canvas says where to repaint.  Marks are in pixels of the picture; the canvas may be
// smaller than it, and drawn anew at full size the same marks give the same mask.

import { proxySize } from "./geometry.js";
import { enlarged, flooded } from "./pixels.js";
import { greyPng } from "./png.js";
import { stencil } from "./stencils.js";

const PAINT = {
  stroke: (context, mark) => (mark.widths ? drawTapered(context, mark) : drawStroke(context, mark)),
  polygon: (context, { points }) => enclose(context, points),
  rectangle: (context, { points: [[a, b], [c, d]] }) => context.fillRect(a, b, c - a, d - b),
  ellipse: (context, { points }) => drawEllipse(context, points),
};

/** One line, round at its ends and corners. */
function drawStroke(context, { points, width }) {
  if (points.length === 1) return dot(context, points[0], width / 2);
  context.lineWidth = width;
  context.lineCap = context.lineJoin = "round";
  context.beginPath();
  for (const point of points) context.lineTo(...point);
  context.stroke();
}

/** A line as wide at each point as the pen was pressed. */
function drawTapered(context, { points, widths }) {
  const path = new Path2D();
  points.forEach((point, i) => {
    const before = Math.max(i - 1, 0);
    addPiece(path, points[before], point, widths[before] / 2, widths[i] / 2);
  });
  context.fill(path);
}

/** Two circles and what is between them; all outlines turn the same way, so that none cuts a hole into another. */
function addPiece(path, from, to, start, end) {
  path.moveTo(to[0] + end, to[1]);
  path.arc(...to, end, 0, 2 * Math.PI);
  const [dx, dy] = [to[0] - from[0], to[1] - from[1]];
  const far = Math.hypot(dx, dy);
  if (!far) return;
  const [across, down] = [-dy / far, dx / far];
  path.moveTo(from[0] - across * start, from[1] - down * start);
  path.lineTo(to[0] - across * end, to[1] - down * end);
  path.lineTo(to[0] + across * end, to[1] + down * end);
  path.lineTo(from[0] + across * start, from[1] + down * start);
  path.closePath();
}

function dot(context, [x, y], radius) {
  context.beginPath();
  context.arc(x, y, radius, 0, 2 * Math.PI);
  context.fill();
}

function enclose(context, points) {
  context.beginPath();
  for (const point of points) context.lineTo(...point);
  context.fill("evenodd");
}

function drawEllipse(context, [[a, b], [c, d]]) {
  context.beginPath();
  context.ellipse((a + c) / 2, (b + d) / 2, Math.abs(c - a) / 2, Math.abs(d - b) / 2, 0, 0, 2 * Math.PI);
  context.fill();
}

/** What a mark may paint on, {left, top, right, bottom} in pixels of the picture; null: everything. */
function reachOf({ kind, points, width = 0, widths = [] }) {
  if (!points || kind === "flood") return null;
  const far = Math.max(width, ...widths) / 2 + 2;
  const [xs, ys] = [0, 1].map((axis) => points.map((point) => point[axis]));
  const [left, top] = [xs, ys].map((ends) => ends.reduce((a, b) => Math.min(a, b)) - far);
  const [right, bottom] = [xs, ys].map((ends) => ends.reduce((a, b) => Math.max(a, b)) + far);
  return { left, top, right, bottom };
}

export class Raster {
  /** On a canvas, for a picture of `size`; at first nothing is painted. */
  constructor(canvas, size, colour = "#000") {
    Object.assign(this, { canvas, size, colour });
    this.context = canvas.getContext("2d", { willReadFrequently: true });
    this.across = canvas.width / size.width;
    this.down = canvas.height / size.height;
    this.context.setTransform(this.across, 0, 0, this.down, 0, 0);
    this.context.fillStyle = this.context.strokeStyle = colour;
    this.box = null; // outside of which nothing is painted, in pixels of the canvas
  }

  /** An empty one as large as this. */
  twin() {
    return new Raster(new OffscreenCanvas(this.canvas.width, this.canvas.height), this.size, this.colour);
  }

  /** Take over what another one as large shows. */
  copy(other) {
    this.cover("copy", () => this.stamp(other));
    this.box = other.box;
  }

  clear() {
    this.context.clearRect(0, 0, this.size.width, this.size.height);
    this.box = null;
  }

  cover(composite, draw) {
    this.context.globalCompositeOperation = composite;
    draw();
    this.context.globalCompositeOperation = "source-over";
  }

  /** Draw a mark.  What it floods is looked for on `low`, so that a copy of any size floods the same. */
  draw(mark, low = this) {
    const all = () => this.context.fillRect(0, 0, this.size.width, this.size.height);
    const composite = mark.erase ? "destination-out" : "source-over";
    if (!mark.erase && mark.kind !== "grow") this.widen(reachOf(mark));
    if (mark.kind === "mask") this.lay(stencil(mark), all);
    else if (mark.kind === "fill") this.cover("source-over", all);
    else if (mark.kind === "invert") this.cover("xor", all); // alpha becomes 1 - alpha
    else if (mark.kind === "grow") this.grow(mark.pixels);
    else if (mark.kind === "flood") this.cover(composite, () => this.stamp(low.region(mark.points[0])));
    else this.cover(composite, () => PAINT[mark.kind](this.context, mark));
  }

  /** Show a mask as it was kept, in this one's colour; nothing, as long as it is not there. */
  lay(canvas, all) {
    if (!canvas) return;
    this.cover("copy", () => this.stamp({ canvas }));
    this.cover("source-in", all);
  }

  /** Something may be painted here now, too. */
  widen(reach) {
    const { width, height } = this.canvas;
    const { left, top, right, bottom } = reach ?? { left: 0, top: 0, right: this.size.width, bottom: this.size.height };
    const own = this.box ?? { left: width, top: height, right: 0, bottom: 0 };
    this.box = {
      left: Math.max(0, Math.min(own.left, Math.floor(left * this.across))),
      top: Math.max(0, Math.min(own.top, Math.floor(top * this.down))),
      right: Math.min(width, Math.max(own.right, Math.ceil(right * this.across))),
      bottom: Math.min(height, Math.max(own.bottom, Math.ceil(bottom * this.down))),
    };
  }

  /** The rows from `from` up to `to` as bytes, one a pixel; only what may be painted is looked at. */
  rows(from = 0, to = this.canvas.height) {
    const { width } = this.canvas;
    const values = new Uint8Array(width * (to - from));
    const { left, right, ...box } = this.box ?? { left: 0, top: 0, right: 0, bottom: 0 };
    const [top, bottom] = [Math.max(from, box.top), Math.min(to, box.bottom)];
    if (left >= right || top >= bottom) return values;
    const { data } = this.context.getImageData(left, top, right - left, bottom - top);
    let at = 3;
    for (let y = top - from; y < bottom - from; y++) {
      for (let i = y * width + left; i < y * width + right; i++, at += 4) values[i] = data[at];
    }
    return values;
  }

  /** A canvas as large as this one, where such bytes are the alpha. */
  sheet(values) {
    const { width, height } = this.canvas;
    const canvas = new OffscreenCanvas(width, height);
    const picture = new ImageData(width, height);
    this.paint(picture, values);
    canvas.getContext("2d").putImageData(picture, 0, 0);
    return { canvas };
  }

  ink() {
    return this.colour.match(/\w\w/g)?.map((part) => parseInt(part, 16)) ?? [0, 0, 0];
  }

  /** What a bucket fills, with the soft edge that is around it. */
  region([x, y]) {
    const { width, height } = this.canvas;
    const found = flooded(this.rows(), width, height, [x * this.across, y * this.down]);
    return this.sheet(enlarged(found, width, height, 1));
  }

  /** Lay a canvas over all of this one; pixel upon pixel, where they are as large. */
  stamp({ canvas }) {
    this.context.save();
    this.context.resetTransform();
    this.context.drawImage(canvas, 0, 0, this.canvas.width, this.canvas.height);
    this.context.restore();
  }

  /** Larger or smaller on every side; only what may be painted, and as far around it, is looked at. */
  grow(pixels) {
    const reach = Math.max(1, Math.round(Math.abs(pixels) * this.across));
    const { box } = this;
    if (!box || box.left >= box.right || box.top >= box.bottom) return;
    const { across, down } = this;
    this.widen({
      left: (box.left - reach) / across,
      top: (box.top - reach) / down,
      right: (box.right + reach) / across,
      bottom: (box.bottom + reach) / down,
    });
    const { left, top, right, bottom } = this.box;
    const part = this.context.getImageData(left, top, right - left, bottom - top);
    const values = new Uint8Array(part.data.length / 4);
    for (let i = 0; i < values.length; i++) values[i] = part.data[4 * i + 3];
    this.paint(part, enlarged(values, part.width, part.height, Math.sign(pixels) * reach));
    this.context.putImageData(part, left, top);
  }

  /** Such bytes as the alpha of a picture, in the mask's colour. */
  paint({ data }, values) {
    const [red, green, blue] = this.ink();
    for (let i = 0, at = 0; i < values.length; i++, at += 4) {
      data[at] = red;
      data[at + 1] = green;
      data[at + 2] = blue;
      data[at + 3] = values[i];
    }
  }
}

/** The mask as it is sent: white = repaint on black = keep, PNG, as large as the picture. */
export function maskFile(marks, size) {
  const full = new Raster(new OffscreenCanvas(size.width, size.height), size);
  const { width, height } = proxySize(size);
  const same = width === size.width && height === size.height;
  const floods = marks.some(({ kind }) => kind === "flood");
  const low = same || !floods ? full : new Raster(new OffscreenCanvas(width, height), size);
  for (const mark of marks) {
    full.draw(mark, low);
    if (low !== full) low.draw(mark);
  }
  return greyPng(size, (from, to) => full.rows(from, to));
}
