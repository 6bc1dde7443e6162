// Settings into the fields of their tab.  The fields are Gradio's, so it is asked to set them: by a button that nobody sees,
// whose outputs are all of them (`studio/ui/recall.py`).

import { appeared } from "./dom.js";
import { listenForDrops } from "./drop.js";
import { send, showTab } from "./tabs.js";

const AS_IT_IS = { __type__: "update" }; // in Gradio's words: change nothing
const FRAMES = 120;
const AXES = ["across", "down", "sheet"];
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

/** Set these settings in the tab of a task and show it, with the picture that it works on where there is one. */
export async function recall(task, settings, picture = null) {
  const fitting = settings.filter(({ field }) => hasField(task, field));
  wanted = Object.fromEntries(fitting.map(({ field, value }) => [`${task}-${field}`, value]));
  const prompt = fitting.find(({ name }) => name === "prompt");
  for (const [field, empty] of Object.entries(prompt ? EMPTIED : {})) if (hasField(task, field)) wanted[`${task}-${field}`] = empty;
  if (picture) await send(task, picture);
  else showTab(task);
  const field = await appeared(`#${task}-prompt textarea`);
  (await appeared("#recall-now")).click();
  if (!prompt) return;
  for (let frame = 0; field.value !== prompt.value && frame < FRAMES; frame++) await new Promise(requestAnimationFrame);
  field.dispatchEvent(new Event("input", { bubbles: true })); // so that the words are looked at as if they were typed
}

/** What Gradio shall set its fields to, in the order in which they are named. */
export function taken(ids) {
  const values = ids.map((id) => (id in wanted ? wanted[id] : AS_IT_IS));
  wanted = {};
  return values;
}
