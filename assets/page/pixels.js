// Masks as rows of bytes, 0 keep to 255 repaint: what takes more than drawing.  Free of the DOM.

/** The largest value within `reach` pixels on every side, as `pipelines/masks.py` grows a mask: one direction after the
 *  other, and each pass doubles how far a pixel has seen. */
export function widest(values, width, height, reach) {
  const across = width + 2 * reach;
  const seen = new Uint8Array(across * (height + 2 * reach));
  for (let y = 0; y < height; y++) seen.set(values.subarray(y * width, (y + 1) * width), (y + reach) * across + reach);
  for (const line of [1, across]) spread(seen, line, 2 * reach + 1);
  const result = new Uint8Array(values.length);
  for (let y = 0; y < height; y++) result.set(seen.subarray(y * across, y * across + width), y * width);
  return result;
}

function spread(values, line, size) {
  for (let far = 1; far < size; ) {
    const step = Math.min(far, size - far);
    const ahead = step * line;
    for (let i = 0; i < values.length - ahead; i++) if (values[i + ahead] > values[i]) values[i] = values[i + ahead];
    far += step;
  }
}

const inverse = (values) => values.map((value) => 255 - value);

/** A mask made larger by so many pixels on every side, or smaller; the picture's edge does not count as one. */
export function enlarged(values, width, height, pixels) {
  if (!pixels) return values;
  if (pixels > 0) return widest(values, width, height, pixels);
  return inverse(widest(inverse(values), width, height, -pixels));
}

/** A mask softened outwards over `feather` pixels, as `pipelines/masks.py` does it. */
export function softened(values, width, height, feather) {
  const reach = Math.floor(feather / 2);
  if (!reach) return values;
  const ramp = averaged(widest(values, width, height, reach), width, height, reach);
  return ramp.map((value, i) => Math.max(value, values[i]));
}

/** The mean over a square; beyond the picture its edge goes on. */
function averaged(values, width, height, reach) {
  const across = new Float32Array(values.length);
  for (let y = 0; y < height; y++) mean(values, across, y * width, 1, width, reach);
  const result = new Float32Array(values.length);
  for (let x = 0; x < width; x++) mean(across, result, x, width, height, reach);
  return Uint8Array.from(result, Math.round);
}

function mean(from, to, start, step, count, reach) {
  const value = (i) => from[start + Math.min(Math.max(i, 0), count - 1) * step];
  let sum = 0;
  for (let i = -reach; i <= reach; i++) sum += value(i);
  for (let i = 0; i < count; i++) {
    to[start + i * step] = sum / (2 * reach + 1);
    sum += value(i + reach + 1) - value(i - reach);
  }
}

/** Where one can go from a pixel without leaving what is painted (or what is not): 255 there, else 0. */
export function flooded(values, width, height, [x, y]) {
  const region = new Uint8Array(values.length);
  const [left, top] = [Math.floor(x), Math.floor(y)];
  if (left < 0 || top < 0 || left >= width || top >= height) return region;
  const painted = values[top * width + left] >= 128;
  const open = (i) => !region[i] && values[i] >= 128 === painted;
  const waiting = [top * width + left];
  while (waiting.length) {
    const seed = waiting.pop();
    if (!open(seed)) continue;
    const row = seed - (seed % width);
    let [from, to] = [seed, seed];
    while (from > row && open(from - 1)) from -= 1;
    while (to < row + width - 1 && open(to + 1)) to += 1;
    region.fill(255, from, to + 1);
    for (const other of [from - width, from + width]) {
      if (other < 0 || other >= values.length) continue;
      for (let i = other, was = false; i <= other + to - from; i++) {
        const is = open(i);
        if (is && !was) waiting.push(i);
        was = is;
      }
    }
  }
  return region;
}
