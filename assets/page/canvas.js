// The one canvas of the page, and what others need of it: Generate, the results, and whoever keeps its state.

import { chosen } from "./batch.js";
import { appeared } from "./dom.js";
import { Easel } from "./easel.js";
import { sent } from "./generate.js";
import { sameMargins } from "./margins.js";
import { watchTabs } from "./tabs.js";
import { Working } from "./working.js";

let easel = null;
let working = null;

export function mount({ element }) {
  const root = element.querySelector(".studio-canvas");
  easel = new Easel(root);
  watchTabs((task) => easel.setMode(task));
  working = new Working(easel);
  root.dataset.ready = "";
}

/** The canvas, once the page has one. */
async function there() {
  await appeared(".studio-canvas[data-ready]");
  return easel;
}

/** Put a picture of the library, {id, width, height}, on the canvas: a step that can be undone. */
export async function accept(picture) {
  await there();
  if (current()?.id !== picture.id) easel.put(picture);
}

/** Take up the mask, {id, width, height}, or the margins of a recipe, each a step; whether the mask fits the picture. */
export async function lay({ mask, margins }) {
  const { history } = await there();
  if (margins && !sameMargins(margins, history.margins)) history.record({ kind: "margins", margins });
  return Boolean(mask) && history.lay(mask);
}

/** The picture on the canvas, {id, width, height}, or null. */
export function current() {
  return easel?.history.picture ?? null;
}

/** All that was done on the canvas, as data for JSON; see history.js. */
export function state() {
  return easel?.history.state() ?? null;
}

/** Take up what `state` once gave; whether it was such. */
export async function restore(state) {
  return (await there()).history.restore(state);
}

/** How soft the mask's edge will be, in pixels of the picture, for its preview. */
export async function soften(edge) {
  (await there()).edgeIs(edge);
}

/** The margins that stand in the fields now, by whatever hand. */
export async function margins(values) {
  (await there()).margins.told(values);
}

/** Upload what the server does not know yet; the names of the picture and of the mask, those of several, or the problem. */
export async function commit(task) {
  try {
    const several = await chosen(task);
    const named = several ? { several } : await easel.commit(task);
    working.sends(named);
    return named;
  } catch (error) {
    return { problem: error.message };
  } finally {
    sent(task);
  }
}
