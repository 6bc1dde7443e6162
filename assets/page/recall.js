// Settings into the fields of their tab.  The fields are Gradio's, so it is asked to set them: by a button that nobody sees,
// whose outputs are all of them (`studio/ui/recall.py`).

import { lay } from "./canvas.js";
import { appeared } from "./dom.js";
import { listenForDrops } from "./drop.js";
import { send, showTab } from "./tabs.js";
import { RECALL } from "./words.js";

const AS_IT_IS = { __type__: "update" }; // in Gradio's words: change nothing
const FRAMES = 120;
const AXES = ["across", "down", "sheet"];
const SIDES = ["left", "top", "right", "bottom"];
const EMPTIED = {
  styles: [], // a recipe's words wear theirs already
  prompts: "", // would take the prompt's place
  ...Object.fromEntries(AXES.flatMap((axis) => [[axis, ""], [`${axis}-values`, ""]])),
};

let names = new Set();
let wanted = {};

export function mount({ element, props }) {
  names = new Set(props.names);
  listenForDrops();
  element.querySelector(".studio-recall").dataset.ready = "";
}

export const hasField = (task, field) => names.has(`${task}-${field}`);

/** What makes a difference but has no field, in words. */
export function keptOut(task, settings) {
  return settings.filter(({ usual, field }) => !usual && !hasField(task, field)).map(({ label, shown }) => `${label} ${shown}`);
}

/** The pictures of a recipe that the library has lost, in words. */
export function missing(pictures) {
  const lost = Object.keys(RECALL.gone).filter((name) => name in pictures && !pictures[name]);
  return lost.map((name) => RECALL.gone[name]);
}

/**
 * Set these settings in the tab of a task and show it, with the picture that it works on, its mask and its margins on the
 * canvas, as far as they are given; what has become of it, in a sentence.
 */
export async function recall(task, settings, pictures = {}) {
  const fitting = settings.filter(({ field }) => hasField(task, field));
  wanted = Object.fromEntries(fitting.map(({ field, value }) => [`${task}-${field}`, value]));
  const prompt = fitting.find(({ name }) => name === "prompt");
  for (const [field, empty] of Object.entries(prompt ? EMPTIED : {})) if (hasField(task, field)) wanted[`${task}-${field}`] = empty;
  if (pictures.image) await send(task, pictures.image);
  else showTab(task);
  const unfit = !(await canvasOf(fitting, pictures.mask));
  const field = await appeared(`#${task}-prompt textarea`);
  (await appeared("#recall-now")).click();
  if (prompt) await arrived(field, prompt);
  return told(task, unfit, pictures);
}

/** Mask and margins; whether the mask, where there is one, fits the picture on the canvas. */
async function canvasOf(settings, mask) {
  const sides = settings.filter(({ field }) => SIDES.includes(field)).map(({ field, value }) => [field, value]);
  const margins = sides.length === SIDES.length ? Object.fromEntries(sides) : null;
  const fits = mask || margins ? await lay({ mask, margins }) : true;
  return fits || !mask;
}

function told(task, unfit, { mask }) {
  const sentence = RECALL.there(task);
  return unfit ? `${sentence} ${RECALL.maskLeftOut(`${mask.width} × ${mask.height}`)}` : sentence;
}

async function arrived(field, prompt) {
  for (let frame = 0; field.value !== prompt.value && frame < FRAMES; frame++) await new Promise(requestAnimationFrame);
  field.dispatchEvent(new Event("input", { bubbles: true })); // so that the words are looked at as if they were typed
}

/** What Gradio shall set its fields to, in the order in which they are named. */
export function taken(ids) {
  const values = ids.map((id) => (id in wanted ? wanted[id] : AS_IT_IS));
  wanted = {};
  return values;
}
