// One sentence at the foot of the window, with at most one thing to do about it; it goes by itself.

import { el } from "./dom.js";

const SHORT = 6000;
const LONG = 12_000; // where there is something to take back

let toast;
let timer;

function build() {
  toast = el("div", { class: "studio-toast", role: "status" });
  document.querySelector(".gradio-container").append(toast);
}

export function say(sentence, { label, act } = {}) {
  if (!toast) build();
  clearTimeout(timer);
  const undo = label && el("button", { type: "button", onclick: () => hush(act) }, label);
  toast.replaceChildren(el("p", {}, sentence), undo || "");
  const above = document.querySelector("dialog[open]"); // what lies under an open dialog can neither be seen nor used
  (above ?? document.querySelector(".gradio-container")).append(toast);
  timer = setTimeout(hush, act ? LONG : SHORT);
}

function hush(act) {
  clearTimeout(timer);
  toast.replaceChildren();
  act?.();
}
