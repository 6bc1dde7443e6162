// Tabs and what they hold: a canvas is found by its task, a picture is sent to it in one step.

import { appeared } from "./dom.js";
import { local, session } from "./store.js";

export const TITLES = {
  text_to_image: "Text to image",
  image_to_image: "Image to image",
  inpaint: "Inpaint",
  outpaint: "Outpaint",
};

const canvases = new Map();

export function registerCanvas(task, canvas) {
  canvases.set(task, canvas);
}

export function canvasOf(task) {
  return canvases.get(task);
}

/** The task whose tab is shown. */
export function shownTask() {
  return Object.keys(TITLES).find((task) => document.getElementById(task)?.checkVisibility());
}

export function showTab(task) {
  document.getElementById(`${task}-tab-button`)?.click();
}

/** A reload of this window shows the same tab again. The header comes before the tabs do, so this waits for them. */
export async function keepTab() {
  document.addEventListener("click", ({ target }) => {
    const task = target.closest?.("#tabs [role=tab]")?.dataset.tabId;
    if (task) session.set("studio.tab", task);
  });
  const kept = session.get("studio.tab");
  if (!(kept in TITLES)) return;
  const button = await appeared(`#${kept}-tab-button`);
  button.click();
}

const storage = (task) => `studio.canvas.${task}`;

/** A canvas shows its picture again after a reload. */
export function remember(task, { id, width, height }) {
  local.set(storage(task), { id, width, height });
}

export function remembered(task) {
  return local.get(storage(task));
}

export function forget(task) {
  local.remove(storage(task));
}

/** Put a picture of the library on a tab's canvas and show that tab; a canvas not drawn yet will remember it. */
export function send(task, picture) {
  remember(task, picture);
  canvasOf(task)?.show(picture);
  showTab(task);
  document.getElementById("tabs").scrollIntoView({ block: "start" });
}
