// The mask that is seen on the canvas: marks drawn one after the other over the picture, at the size of its proxy.

import { proxySize } from "./geometry.js";
import { enlarged, softened } from "./pixels.js";
import { Raster, maskFile } from "./raster.js";
import { allThere, fetched } from "./stencils.js";

const EVERY = 12; // marks from one snapshot to the next
const MOST = 8; // snapshots; then every other one goes

export class Mask {
  constructor(canvas, soft) {
    this.canvas = canvas;
    this.soft = soft;
    this.sent = { marks: [] };
    this.reset({ width: 1, height: 1 });
  }

  /** Take the size of another picture; nothing is painted. */
  reset(size, colour = "#000") {
    this.size = size;
    Object.assign(this.canvas, proxySize(size)); // clears it, too
    Object.assign(this.soft, proxySize(size));
    this.raster = new Raster(this.canvas, size, colour);
    this.under = this.raster.twin(); // what was there before the stroke that is being drawn
    this.marks = [];
    this.snapshots = []; // {count, raster}: what the first marks have left
    this.live = null;
  }

  /** Show these marks: go back as far as they differ from those that are shown, and on from there. */
  show(marks) {
    let same = this.marks.findIndex((mark, i) => mark !== marks[i]);
    if (same < 0) same = this.marks.length;
    if (same < this.marks.length) same = this.back(same);
    for (let i = same; i < marks.length; i++) {
      this.raster.draw(marks[i]);
      if ((i + 1) % EVERY === 0) this.remember(i + 1);
    }
    this.marks = marks;
  }

  /** Show these marks once the masks that are among them are fetched; whether there was something to wait for. */
  async complete(marks) {
    if (allThere(marks)) return false;
    await fetched(marks);
    if (marks.some((mark, i) => mark !== this.marks[i])) return false; // others are shown by now
    this.marks = [];
    this.back(0);
    this.show(marks);
    return true;
  }

  /** Show what at most `count` marks have left; how many they are. */
  back(count) {
    this.snapshots = this.snapshots.filter((snapshot) => snapshot.count <= count);
    const snapshot = this.snapshots.at(-1);
    if (snapshot) this.raster.copy(snapshot.raster);
    else this.raster.clear();
    return snapshot?.count ?? 0;
  }

  remember(count) {
    const raster = this.raster.twin();
    raster.copy(this.raster);
    this.snapshots.push({ count, raster });
    if (this.snapshots.length > MOST) this.snapshots = this.snapshots.filter((_, i) => i % 2);
  }

  begin(mark) {
    this.live = mark;
    this.under.copy(this.raster);
    this.raster.draw(mark);
  }

  /** Another point of the stroke; its last piece alone is drawn. */
  extend(point, width) {
    const { live } = this;
    if (!live) return; // another picture came in the middle of a stroke
    live.points.push(point);
    live.widths?.push(width);
    this.raster.draw({ ...live, points: live.points.slice(-2), widths: live.widths?.slice(-2) });
  }

  /** The stroke is over: it is taken back, to be drawn in one piece when it is part of the history. */
  end() {
    const { live } = this;
    if (live) this.raster.copy(this.under);
    this.live = null;
    return live;
  }

  /** Show the edge that the request will have, in pixels of the picture. */
  soften({ feather, grow }) {
    const { width, height } = this.canvas;
    const near = (pixels) => Math.round(pixels * this.raster.across);
    const wanted = enlarged(this.raster.rows(), width, height, near(grow));
    const sheet = this.raster.sheet(softened(wanted, width, height, near(feather)));
    const context = this.soft.getContext("2d");
    context.clearRect(0, 0, width, height);
    context.drawImage(sheet.canvas, 0, 0);
  }

  /** The name under which the server keeps this mask; what it has already is not sent again. */
  async name(marks, keep) {
    const { sent, size } = this;
    const alike = sent.marks.length === marks.length && marks.every((mark, i) => mark === sent.marks[i]);
    const known = alike && sent.size === size;
    if (known) return sent.id;
    await fetched(marks);
    const { id } = await keep(await maskFile(marks, size), "mask");
    this.sent = { marks, size, id };
    return id;
  }
}
