// The tabs are modes of one page: whichever is shown, the canvas and the results stand beside it.

import { appeared } from "./dom.js";
import { session } from "./store.js";

const selected = () => document.querySelector('#tabs [role="tab"][aria-selected="true"]');

/** The task whose tab is shown, or the name of another tab. */
export function shownTask() {
  return selected()?.dataset.tabId ?? "text_to_image";
}

export function showTab(task) {
  document.getElementById(`${task}-tab-button`)?.click();
}

/** Call `shown(task)` now and whenever another tab is shown, by whatever hand. */
export async function watchTabs(shown) {
  await appeared('#tabs [role="tab"]');
  let last;
  const look = () => {
    const task = shownTask();
    if (task !== last) shown((last = task));
  };
  const watcher = new MutationObserver(look);
  watcher.observe(document.getElementById("tabs"), { subtree: true, attributeFilter: ["aria-selected"] });
  look();
}

/** A reload of this window shows the same tab again. The header comes before the tabs do, so this waits for them. */
export async function keepTab() {
  const kept = session.get("studio.tab");
  watchTabs((task) => {
    document.getElementById("studio").dataset.task = task;
    session.set("studio.tab", task);
  });
  if (typeof kept === "string") (await appeared(`#${CSS.escape(kept)}-tab-button`)).click();
}

/** Put a picture of the library on the canvas and show what shall be done with it. */
export async function send(task, picture) {
  const { accept } = await import("./canvas.js");
  await accept(picture);
  showTab(task);
  document.getElementById("tabs").scrollIntoView({ block: "start" });
}
