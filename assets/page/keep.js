// What stands in the fields of a tab, kept for the next visit: a reload loses nothing that was generated from.

import { local } from "./store.js";

const storage = (model, task) => `studio.fields.${task}.${model}`;

/** `names` and `values` go together, field by field. */
export function keep(model, task, names, values) {
  local.set(storage(model, task), Object.fromEntries(names.map((name, index) => [name, values[index]])));
}

/** The kept values, in the order of `names`; where nothing was kept, the one that stands there. */
export function kept(model, task, names, values) {
  const fields = local.get(storage(model, task), {});
  return names.map((name, index) => fields[name] ?? values[index]);
}
