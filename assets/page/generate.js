// Generate: Ctrl+Enter presses the button of the shown tab, and the button rests while a request is on its way, so that
// one press is one job.  Several jobs may wait; Escape stops nothing.

import { shownTask } from "./tabs.js";

const PATIENCE = 10000;
const resting = new Map();

const buttonOf = (task) => document.getElementById(`${task}-generate`);

function rest(task) {
  buttonOf(task).disabled = true;
  if (task === "text_to_image") sent(task); // nothing has to be uploaded for it
}

/** All is uploaded, however long that took; from now on the answer is waited for, but not for ever. */
export function sent(task) {
  clearTimeout(resting.get(task));
  resting.set(task, setTimeout(() => released(task), PATIENCE));
}

/** The answer has come: the button may be pressed again. */
export function released(task) {
  clearTimeout(resting.get(task));
  const button = buttonOf(task);
  if (button) button.disabled = false;
}

/** A file that is dropped beside the canvas must not take the page's place. */
function keepPage(event) {
  if (event.dataTransfer?.types.includes("Files")) event.preventDefault();
}

export function listen() {
  document.addEventListener("dragover", keepPage);
  document.addEventListener("drop", keepPage);
  document.addEventListener("click", (event) => {
    const button = event.target.closest?.(".studio-generate");
    if (button) setTimeout(() => rest(button.id.replace(/-generate$/, ""))); // after Gradio has heard the click
  });
  document.addEventListener(
    "keydown",
    (event) => {
      if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey) || document.querySelector("dialog[open]")) return;
      event.preventDefault();
      event.stopPropagation();
      const field = document.activeElement;
      field?.blur(); // a number that is being typed is taken over first
      buttonOf(shownTask())?.click();
      field?.focus({ preventScroll: true });
    },
    { capture: true },
  );
}
