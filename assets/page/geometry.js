// The calculations of the canvas, free of the DOM so that they can be tested alone.

export const SNAP = 8;
export const MAX_SIDE = 4096;

/** Where a pointer is in the picture's own pixels, to a tenth; `rect` is where the picture is on the screen. */
export function toPicture(point, rect, size) {
  return [
    tenth(((point.clientX - rect.left) / rect.width) * size.width),
    tenth(((point.clientY - rect.top) / rect.height) * size.height),
  ];
}

const tenth = (number) => Math.round(number * 10) / 10;

/** A brush that suits a picture: a ninth of its shorter side. */
export function brushFor(size) {
  return Math.max(4, Math.round(Math.min(size.width, size.height) / 9));
}

/** The widest brush that makes sense on a picture. */
export function widestBrush(size) {
  return Math.max(32, Math.round(Math.max(size.width, size.height) / 2));
}

/** The picture's size with its margins. */
export function grown(size, margins) {
  return {
    width: size.width + margins.left + margins.right,
    height: size.height + margins.top + margins.bottom,
  };
}

/** Where the picture stands in the grown frame, in percent of the frame. */
export function placement(size, margins) {
  const frame = grown(size, margins);
  return {
    left: (100 * margins.left) / frame.width,
    top: (100 * margins.top) / frame.height,
    width: (100 * size.width) / frame.width,
    height: (100 * size.height) / frame.height,
  };
}

/** A margin as a field may hold it: a whole number, none negative, the side within the limit. */
export function soundMargin(value, room = MAX_SIDE) {
  const number = Math.round(Number(value));
  return Number.isFinite(number) ? Math.min(Math.max(number, 0), Math.max(room, 0)) : 0;
}

/** The margin after its edge was dragged `distance` pixels of the picture outwards, in steps of SNAP. */
export function draggedMargin(start, distance, room = MAX_SIDE) {
  return soundMargin(Math.round((start + distance) / SNAP) * SNAP, room);
}

/** How far a drag went outwards on one side. */
export function outwards(side, dx, dy) {
  return { left: -dx, right: dx, top: -dy, bottom: dy }[side];
}
