// A panel under a button of the page's head.  A click elsewhere or Escape closes it.

import { el } from "./dom.js";

const GAP = 8;

/** Let `button` open a panel with these contents; `opened` is called before it is shown. */
export function attachPanel(button, name, contents, opened = () => {}) {
  const panel = el("div", { class: "studio-panel", role: "dialog", popover: "auto", "aria-label": name }, ...contents);
  button.popoverTargetElement = panel;
  button.setAttribute("aria-expanded", "false");
  panel.addEventListener("beforetoggle", ({ newState }) => newState === "open" && opened());
  panel.addEventListener("toggle", ({ newState }) => {
    button.setAttribute("aria-expanded", newState === "open");
    if (newState === "open") place(panel, button.getBoundingClientRect());
  });
  document.querySelector(".gradio-container").append(panel);
  return panel;
}

function place(panel, { right, bottom }) {
  const width = panel.offsetWidth;
  const left = Math.max(GAP, Math.min(right - width, innerWidth - width - GAP));
  Object.assign(panel.style, { left: `${left}px`, top: `${Math.max(bottom + GAP, GAP)}px` });
}
