// What was done on the canvas, from the first picture on: one list of steps for pictures, mask and margins, so that
// undo goes back over all of them.  Everything that is shown follows from the steps; nothing else is kept.
//
//     {kind: "picture", picture: {id, width, height}, keep?: true, margins?: {…}}    keep: the mask of the one before
//     {kind: "stroke", points: [[x, y], …], width, widths?: […], erase}              in pixels of the picture
//     {kind: "polygon" | "rectangle" | "ellipse", points, erase}
//     {kind: "flood", points: [[x, y]], erase}                                       an enclosed area
//     {kind: "mask", mask: {id, width, height}}                                      one that the library keeps, in place of all
//     {kind: "clear" | "fill" | "invert"}, {kind: "grow", pixels}                    the whole mask
//     {kind: "margins", margins: {left, top, right, bottom}}
//
// Strokes and shapes have the form of the marks of `pipelines/strokes.py`.

const VERSION = 1;
const SHAPES = new Set(["stroke", "polygon", "rectangle", "ellipse", "flood"]);
const WHOLE = new Set(["clear", "fill", "invert", "grow", "mask"]);
const KINDS = new Set([...SHAPES, ...WHOLE, "picture", "margins"]);

export const onMask = ({ kind }) => SHAPES.has(kind) || WHOLE.has(kind);

export class History {
  /** `changed()` is called whenever something was done, undone or restored. */
  constructor(changed) {
    this.changed = changed;
    this.steps = [];
    this.place = 0; // how many of the steps stand; those behind can be redone
  }

  get done() {
    return this.steps.slice(0, this.place);
  }

  record(step) {
    this.steps.splice(this.place, Infinity, step);
    this.place += 1;
    this.changed();
  }

  /** Put another step in the place of the last one: a number that is typed digit by digit is one step. */
  amend(step) {
    this.place -= 1;
    this.record(step);
  }

  /** What was undone, or undefined. */
  undo() {
    if (!this.place) return undefined;
    this.place -= 1;
    this.changed();
    return this.steps[this.place];
  }

  redo() {
    if (this.place === this.steps.length) return undefined;
    this.place += 1;
    this.changed();
    return this.steps[this.place - 1];
  }

  get last() {
    return this.steps[this.place - 1];
  }

  get picture() {
    return this.done.findLast(({ kind }) => kind === "picture")?.picture ?? null;
  }

  /** The margins, or null where nobody has set any. */
  get margins() {
    return this.done.findLast(({ margins }) => margins)?.margins ?? null;
  }

  /** The steps that the mask of the present picture consists of. */
  get marks() {
    const { done } = this;
    const first = done.findLastIndex(({ kind, keep }) => ["clear", "mask"].includes(kind) || (kind === "picture" && !keep));
    return done.slice(done[first]?.kind === "mask" ? first : first + 1).filter(onMask);
  }

  /** Lay a mask of the library, {id, width, height}, on the picture, if it is as large; whether it is. */
  lay(mask) {
    const { picture, marks } = this;
    if (picture?.width !== mask.width || picture.height !== mask.height) return false;
    const there = marks.length === 1 && marks[0].mask?.id === mask.id;
    if (!there) this.record({ kind: "mask", mask });
    return true;
  }

  state() {
    return { version: VERSION, place: this.place, steps: this.steps };
  }

  /** Take up a state; one that is none leaves everything as it is and says so. */
  restore(state) {
    if (!isState(state)) return false;
    this.steps = [...state.steps];
    this.place = state.place;
    this.changed();
    return true;
  }
}

/** The state without what is older than the present picture and what was undone. */
export function recent({ version, place, steps }) {
  const done = steps.slice(0, place);
  const { margins } = done.findLast((step) => step.margins) ?? {};
  const first = done.findLastIndex(({ kind, keep }) => kind === "picture" && !keep);
  const { picture } = done.findLast(({ kind }) => kind === "picture") ?? {};
  if (!picture) return { version, place: 0, steps: [] };
  const marks = done.slice(first + 1).filter(onMask);
  const kept = [{ kind: "picture", picture }, ...(margins ? [{ kind: "margins", margins }] : []), ...marks];
  return { version, place: kept.length, steps: kept };
}

function isState(state) {
  const { version, place, steps } = state ?? {};
  if (version !== VERSION || !Array.isArray(steps) || !Number.isInteger(place)) return false;
  return place >= 0 && place <= steps.length && steps.every(isStep);
}

const isNumber = (value) => Number.isFinite(value) && Math.abs(value) < 1e6;

function isStep(step) {
  if (!KINDS.has(step?.kind)) return false;
  if (step.kind === "picture" && !isPicture(step.picture)) return false;
  if (step.kind === "mask" && !isPicture(step.mask)) return false;
  if (step.kind === "margins" && !step.margins) return false;
  if (step.margins && !["left", "top", "right", "bottom"].every((side) => isNumber(step.margins[side]))) return false;
  if (step.kind === "grow" && !isNumber(step.pixels)) return false;
  if (step.kind === "stroke" && !isNumber(step.width)) return false;
  const { kind, points } = step;
  return !SHAPES.has(kind) || (Array.isArray(points) && points.length > 0 && points.every(isPoint));
}

const isPoint = (point) => Array.isArray(point) && point.length === 2 && point.every(isNumber);

function isPicture(picture) {
  const sound = (side) => Number.isInteger(side) && side >= 1 && isNumber(side);
  return typeof picture?.id === "string" && sound(picture.width) && sound(picture.height);
}
