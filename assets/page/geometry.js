// The calculations of the canvas, free of the DOM so that they can be tested alone.

export const SNAP = 8;
export const MAX_SIDE = 4096;
export const PROXY_SIDE = 1600; // what the server makes a small copy of, see studio/api/pictures.py
const CLOSEST = 32; // screen pixels for one of the picture's

const tenth = (number) => Math.round(number * 10) / 10;
const within = (number, low, high) => Math.min(Math.max(number, low), high);

/** Where a pointer is in the picture's own pixels, to a tenth; `place` is where the picture lies in `rect`. */
export function toPicture(point, rect, place) {
  return [
    tenth((point.clientX - rect.left - place.x) / place.scale),
    tenth((point.clientY - rect.top - place.y) / place.scale),
  ];
}

/** How a frame {left, top, width, height} of the picture lies in the middle of a room, as large as it can. */
export function fitted(frame, room, spare = 16) {
  const across = Math.max(room.width - 2 * spare, 1) / frame.width;
  const down = Math.max(room.height - 2 * spare, 1) / frame.height;
  const scale = Math.min(across, down);
  return centred(frame, room, scale);
}

/** The same at a scale that is given. */
export function centred(frame, room, scale) {
  return {
    scale,
    x: (room.width - frame.width * scale) / 2 - frame.left * scale,
    y: (room.height - frame.height * scale) / 2 - frame.top * scale,
  };
}

/** Nearer or further by a factor; what is under the point {x, y} of the room stays there. */
export function zoomed(place, factor, at, least = 0.02) {
  const scale = within(place.scale * factor, least, CLOSEST);
  const by = scale / place.scale;
  return { scale, x: at.x - (at.x - place.x) * by, y: at.y - (at.y - place.y) * by };
}

/** Two fingers went from `before` to `after`, each [{x, y}, {x, y}]: the picture goes with them. */
export function pinched(place, before, after, least) {
  const span = ([a, b]) => Math.hypot(a.x - b.x, a.y - b.y);
  const middle = ([a, b]) => ({ x: (a.x + b.x) / 2, y: (a.y + b.y) / 2 });
  const [from, to] = [middle(before), middle(after)];
  const near = zoomed(place, span(after) / Math.max(span(before), 1), from, least);
  return { ...near, x: near.x + to.x - from.x, y: near.y + to.y - from.y };
}

/** A place of which at least a corner of the frame stays in the room. */
export function held(place, frame, room, corner = 48) {
  const left = frame.left * place.scale;
  const top = frame.top * place.scale;
  const x = within(place.x, corner - left - frame.width * place.scale, room.width - corner - left);
  const y = within(place.y, corner - top - frame.height * place.scale, room.height - corner - top);
  return { ...place, x, y };
}

/** The size of the copy that the canvas works on: the picture's own, unless that is large. */
export function proxySize({ width, height }) {
  const scale = Math.min(1, PROXY_SIDE / Math.max(width, height));
  return { width: Math.max(1, Math.round(width * scale)), height: Math.max(1, Math.round(height * scale)) };
}

/** A brush that suits a picture: a ninth of its shorter side. */
export function brushFor(size) {
  return Math.max(4, Math.round(Math.min(size.width, size.height) / 9));
}

/** The widest brush that makes sense on a picture. */
export function widestBrush(size) {
  return Math.max(32, Math.round(Math.max(size.width, size.height) / 2));
}

/** By how many pixels one press makes a mask larger or smaller: a hundredth of the shorter side. */
export function growthFor(size) {
  return Math.max(2, Math.round(Math.min(size.width, size.height) / 100));
}

/** The picture's size with its margins. */
export function grown(size, margins) {
  return {
    width: size.width + margins.left + margins.right,
    height: size.height + margins.top + margins.bottom,
  };
}

/** A margin as a field may hold it: a whole number, none negative, the side within the limit. */
export function soundMargin(value, room = MAX_SIDE) {
  const number = Math.round(Number(value));
  return Number.isFinite(number) ? within(number, 0, Math.max(room, 0)) : 0;
}

const ALONG = {
  left: ["width", "right", -1],
  right: ["width", "left", 1],
  top: ["height", "bottom", -1],
  bottom: ["height", "top", 1],
};

/**
 * The margins after a handle ("right", "top left" …) was dragged (dx, dy) pixels of the picture from where it was at
 * `start`.  The whole side comes to a multiple of SNAP.  With `aspect`, width : height stay as they were at the start.
 */
export function dragged(start, size, handle, dx, dy, aspect = false) {
  const margins = { ...start };
  for (const side of handle.split(" ")) {
    const [length, , sign] = ALONG[side];
    const far = sign * (length === "width" ? dx : dy);
    if (far) margins[side] = snapped(margins, size, side, start[side] + far);
  }
  return aspect ? inShape(margins, start, size, handle) : margins;
}

/** A margin with which its side of the whole is a multiple of SNAP, and within the limit. */
function snapped(margins, size, side, wanted) {
  const [length, opposite] = ALONG[side];
  const rest = size[length] + margins[opposite];
  const least = Math.ceil(rest / SNAP) * SNAP - rest;
  const margin = Math.round((rest + wanted) / SNAP) * SNAP - rest;
  if (margin <= 0) return wanted > least / 2 ? least : 0;
  return Math.min(margin, Math.floor(MAX_SIDE / SNAP) * SNAP - rest);
}

/** Margins of a whole in the shape of the one at the start; a side that the handle does not move grows evenly. */
function inShape(margins, start, size, handle) {
  const before = grown(size, start);
  const after = grown(size, margins);
  const across = after.width / before.width;
  const down = after.height / before.height;
  const factor = handle.includes(" ") ? Math.max(across, down) : /left|right/.test(handle) ? across : down;
  const most = Math.min(MAX_SIDE / before.width, MAX_SIDE / before.height);
  const result = { ...start };
  for (const [length, first, second] of [["width", "left", "right"], ["height", "top", "bottom"]]) {
    const more = Math.round((before[length] * Math.min(factor, most)) / SNAP) * SNAP - before[length];
    spread(result, handle, more, first, second);
  }
  return result;
}

/** Put `more` pixels on the side that the handle moves, or half of them on either. */
function spread(margins, handle, more, first, second) {
  if (handle.includes(first)) margins[first] = Math.max(0, margins[first] + more);
  else if (handle.includes(second)) margins[second] = Math.max(0, margins[second] + more);
  else {
    const half = Math.round(more / 2);
    margins[first] = Math.max(0, margins[first] + half);
    margins[second] = Math.max(0, margins[second] + more - half);
  }
}

const RATIOS = [[1, 1], [5, 4], [4, 3], [7, 5], [3, 2], [16, 10], [16, 9], [2, 1], [21, 9], [3, 1]];

/** width : height in small numbers where it is near to such, else as a number. */
export function aspect({ width, height }) {
  const share = Math.max(width, height) / Math.min(width, height);
  const [long, short] = RATIOS.find(([a, b]) => Math.abs(a / b / share - 1) < 0.01) ?? [share.toFixed(2), 1];
  return width >= height ? `${long}:${short}` : `${short}:${long}`;
}
