// Gradio's fields, read and written as a person would: by their ids and with input events.

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
  const closed = () => !control(id)?.checkVisibility();
  if (closed()) document.querySelector(`#${task}-advanced > button`)?.click();
  for (let tries = 0; closed() && tries < 60; tries++) await new Promise(requestAnimationFrame);
  writeField(id, value);
  const box = document.getElementById(id);
  box?.scrollIntoView({ block: "nearest" });
  box?.classList.add("pointed");
  setTimeout(() => box?.classList.remove("pointed"), 1600);
}
