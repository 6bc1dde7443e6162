// The prompt goes along from mode to mode, unless another one was typed there.

import { drawn, readField, writeField } from "./fields.js";
import { preference } from "./preferences.js";
import { session } from "./store.js";
import { watchTabs } from "./tabs.js";
import { TITLES } from "./words.js";

const FOLLOWED = "studio.followed"; // task → the words that came there from another mode

const fieldOf = (task) => `${task}-prompt`;

export function followPrompts() {
  let last = null;
  watchTabs((task) => {
    if (!(task in TITLES)) return;
    const words = last && readField(fieldOf(last));
    if (words && preference("follow")) bring(task, words);
    last = task;
  });
}

/** What was typed in the field itself stays; what came there before is followed by what comes now. */
async function bring(task, words) {
  await drawn(fieldOf(task));
  const followed = session.get(FOLLOWED, {});
  const own = readField(fieldOf(task)) !== (followed[task] ?? "");
  if (own) return;
  session.set(FOLLOWED, { ...followed, [task]: words });
  writeField(fieldOf(task), words);
}
