// Masks that the library keeps, to be laid on a picture again: fetched once, what is white in them as alpha.

import * as server from "./server.js";
import { CANVAS } from "./words.js";

const known = new Map(); // id → canvas

/** What a mark of the kind "mask" lays on the picture; null as long as it is not fetched. */
export const stencil = ({ mask }) => known.get(mask.id) ?? null;

const waited = (marks) => marks.filter(({ kind, mask }) => kind === "mask" && !known.has(mask.id));

export const allThere = (marks) => waited(marks).length === 0;

/** Fetch what these marks need, and let go of what others needed; an error says what is missing. */
export async function fetched(marks) {
  if (allThere(marks)) return;
  for (const id of known.keys()) if (!marks.some(({ mask }) => mask?.id === id)) known.delete(id);
  for (const { mask } of waited(marks)) known.set(mask.id, await cutOut(server.picture(mask.id)));
}

/** A mask as a canvas, what is white in it as alpha. */
export async function cutOut(url) {
  const answer = await fetch(url).catch(() => null);
  if (!answer?.ok) throw new Error(answer?.status === 404 ? CANVAS.maskGone : CANVAS.maskLost);
  const picture = await createImageBitmap(await answer.blob(), { colorSpaceConversion: "none" });
  const canvas = new OffscreenCanvas(picture.width, picture.height);
  const context = canvas.getContext("2d");
  context.drawImage(picture, 0, 0);
  const pixels = context.getImageData(0, 0, canvas.width, canvas.height);
  const { data } = pixels;
  for (let at = 0; at < data.length; at += 4) {
    data[at + 3] = data[at]; // grey: red says it all
    data[at] = data[at + 1] = data[at + 2] = 0;
  }
  context.putImageData(pixels, 0, 0);
  return canvas;
}
