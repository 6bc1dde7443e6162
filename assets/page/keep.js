// What stands in the fields of a tab, kept for the next visit: a reload loses nothing that was generated from.

import { local } from "./store.js";

const storage = (model, task) => `studio.fields.${task}.${model}`;

/** `names` and `values` go together, field by field. */
export function keep(model, task, names, values) {
  local.set(storage(model, task), Object.fromEntries(names.map((name, index) => [name, values[index]])));
}

// In Gradio's words: change nothing. A value that was read when the page loaded would undo what was typed since.
const AS_IT_IS = { __type__: "update" };

/** The kept values, in the order of `names`; a field of which nothing was kept is left alone. */
export function kept(model, task, names) {
  const fields = local.get(storage(model, task), {});
  return names.map((name) => fields[name] ?? AS_IT_IS);
}
