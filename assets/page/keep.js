// What stands in the fields of a tab, kept for the next visit, on any device: a reload loses nothing that was generated from.

import { lay, take } from "./desk.js";
import { readField } from "./fields.js";
import { TITLES } from "./words.js";

const storage = (model, task) => `studio.fields.${task}.${model}`;

/** `names` and `values` go together, field by field. */
export function keep(model, task, names, values) {
  lay(storage(model, task), Object.fromEntries(names.map((name, index) => [name, values[index]])));
}

// In Gradio's words: change nothing. A value that was read when the page loaded would undo what was typed since.
const AS_IT_IS = { __type__: "update" };

/** The kept values, in the order of `names`; a field of which nothing was kept is left alone. */
export async function kept(model, task, names) {
  const fields = await take(storage(model, task), {});
  return names.map((name) => fields[name] ?? AS_IT_IS);
}

/** Let the words go along to another model; what suits one in numbers seldom suits another. */
export async function carry(from, to, names) {
  for (const task of Object.keys(TITLES)) {
    const [old, next] = [await take(storage(from, task), {}), await take(storage(to, task), {})];
    const words = names.map((name) => `${task}-${name}`).map((id) => [id, readField(id) || old[id]]);
    lay(storage(to, task), { ...next, ...Object.fromEntries(words.filter(([, text]) => text)) });
  }
}
