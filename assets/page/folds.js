// Gradio's folds say to the eye whether they are open; here they say it to a screen reader, too.

import { appeared } from "./dom.js";

const FOLD = "#tabs .label-wrap";

export async function watchFolds() {
  const tabs = await appeared("#tabs");
  new MutationObserver(tell).observe(tabs, { childList: true, subtree: true, attributeFilter: ["class"] });
  tell();
}

function tell() {
  for (const fold of document.querySelectorAll(FOLD)) {
    const open = String(fold.classList.contains("open"));
    if (fold.getAttribute("aria-expanded") !== open) fold.setAttribute("aria-expanded", open);
  }
}
