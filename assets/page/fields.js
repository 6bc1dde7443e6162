// Gradio's fields, read and written as a person would: by their ids and with input events.

import { appeared } from "./dom.js";
import { openDrawer } from "./drawer.js";

const SETTLING = 3; // frames: Gradio gives a field that is drawn for the first time its first value twice, the second time late

function control(id) {
  return document.querySelector(`#${id} textarea, #${id} input`);
}

export function readField(id) {
  return control(id)?.value ?? "";
}

export function writeField(id, value) {
  const field = control(id);
  if (!field || field.value === String(value)) return;
  field.value = value;
  field.dispatchEvent(new Event("input", { bubbles: true }));
  field.dispatchEvent(new Event("change", { bubbles: true }));
}

/** The field is drawn, and what is written into it from now on stays there. */
export async function drawn(id) {
  await appeared(`#${id} :is(textarea, input)`);
  for (let frame = 0; frame < SETTLING; frame++) await new Promise(requestAnimationFrame);
}

/** Call `changed(text)` now and whenever the field changes, also when Gradio draws it anew. */
export function watchField(id, changed, wait = 0) {
  let timer;
  document.addEventListener("input", (event) => {
    if (!event.target.closest?.(`#${id}`)) return;
    clearTimeout(timer);
    timer = setTimeout(() => changed(readField(id)), wait);
  });
  changed(readField(id));
}

/** Open the accordion that hides a field, write into it and say which it is. */
export async function fillIn(task, name, value) {
  const id = `${task}-${name}`;
  if (!control(id)?.checkVisibility()) {
    openDrawer();
    if (!document.querySelector(`#${task}-advanced > .open`)) document.querySelector(`#${task}-advanced > button`)?.click();
    await drawn(id);
  }
  writeField(id, value);
  const box = document.getElementById(id);
  box?.scrollIntoView({ block: "nearest" });
  box?.classList.add("pointed");
  setTimeout(() => box?.classList.remove("pointed"), 1600);
}
