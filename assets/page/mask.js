// The mask: a canvas of the picture's full size whose alpha says where to repaint.  It is drawn in the mask's colour
// and laid over the picture by CSS, so what is seen is what is sent.  History is a journal of operations, replayed.

const DEPTH = 100;

const PAINT = {
  stroke: drawStroke,
  clear: (context, { width, height }) => context.clearRect(0, 0, width, height),
  fill: (context, size) => cover(context, size, "source-over"),
  invert: (context, size) => cover(context, size, "xor"), // alpha becomes 1 - alpha
};

function cover(context, { width, height }, composite) {
  context.globalCompositeOperation = composite;
  context.fillRect(0, 0, width, height);
}

/** One stroke; segment by segment, as it was drawn, so that a replay gives the same pixels. */
function drawStroke(context, size, operation) {
  const { points } = operation;
  for (let i = 0; i < points.length; i++) drawSegment(context, operation, points[Math.max(i - 1, 0)], points[i]);
}

function drawSegment(context, { width, erase }, from, to) {
  context.globalCompositeOperation = erase ? "destination-out" : "source-over";
  context.lineWidth = width;
  context.lineCap = "round";
  context.beginPath();
  context.moveTo(...from);
  context.lineTo(...to);
  context.stroke();
}

export class Mask {
  /** `changed(mask)` is called after every operation. */
  constructor(canvas, changed) {
    this.canvas = canvas;
    this.changed = changed;
    this.version = 0;
    this.reset({ width: 1, height: 1 });
  }

  /** Forget everything and take the size of a new picture. */
  reset({ width, height }, colour = "#000") {
    this.size = { width, height };
    this.colour = colour;
    Object.assign(this.canvas, this.size);
    this.context = this.canvas.getContext("2d");
    this.base = null; // what the operations too old to be undone have left
    this.done = [];
    this.undone = [];
    this.live = null;
    this.fresh = true; // nothing was done to it yet
    this.version += 1;
    this.inked();
    this.changed(this);
  }

  inked() {
    this.context.fillStyle = this.context.strokeStyle = this.colour;
  }

  /** Take up the operations of an earlier visit. */
  resume(done) {
    this.done = done;
    this.replay();
  }

  /** The version says whether a mask was already sent: whatever changes it moves it on, and none ever comes again. */
  moved() {
    this.fresh = false;
    this.version += 1;
    this.changed(this);
  }

  begin(point, width, erase) {
    this.live = { kind: "stroke", points: [point], width, erase };
    drawSegment(this.context, this.live, point, point);
  }

  extend(point) {
    if (!this.live) return; // another picture came in the middle of a stroke
    drawSegment(this.context, this.live, this.live.points.at(-1), point);
    this.live.points.push(point);
  }

  end() {
    if (this.live) this.record(this.live);
    this.live = null;
  }

  /** Take back a stroke that has not ended. */
  drop() {
    this.live = null;
    this.replay();
  }

  /** Clear, fill or invert. */
  apply(kind) {
    PAINT[kind](this.context, this.size, { kind });
    this.record({ kind });
  }

  record(operation) {
    this.done.push(operation);
    this.undone = [];
    if (this.done.length > DEPTH) this.settle(this.done.shift());
    this.moved();
  }

  /** Draw an operation that can no longer be undone into the base. */
  settle(operation) {
    this.base ??= new OffscreenCanvas(this.size.width, this.size.height);
    const context = this.base.getContext("2d");
    context.fillStyle = context.strokeStyle = this.colour;
    PAINT[operation.kind](context, this.size, operation);
  }

  undo() {
    if (this.live || !this.done.length) return;
    this.undone.push(this.done.pop());
    this.replay();
  }

  redo() {
    if (this.live || !this.undone.length) return;
    this.done.push(this.undone.pop());
    this.replay();
  }

  replay() {
    Object.assign(this.canvas, this.size); // clears, and resets the context
    this.inked();
    if (this.base) this.context.drawImage(this.base, 0, 0);
    for (const operation of this.done) {
      PAINT[operation.kind](this.context, this.size, operation);
    }
    this.moved();
  }

  /** Nothing was painted, or everything was taken back. */
  get untouched() {
    return !this.base && this.done.every(({ kind }) => kind === "clear");
  }

  /** The mask as it is sent: white = repaint on black = keep, PNG, full size. */
  toBlob() {
    const sheet = new OffscreenCanvas(this.size.width, this.size.height);
    const context = sheet.getContext("2d");
    context.drawImage(this.canvas, 0, 0);
    context.fillStyle = "#fff";
    cover(context, this.size, "source-in");
    context.fillStyle = "#000";
    cover(context, this.size, "destination-over");
    return sheet.convertToBlob({ type: "image/png" });
  }
}
