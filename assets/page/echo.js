// A line that says how something was understood, or why not, while it is being typed.

import { el } from "./dom.js";

export function mount({ element, props, watch }) {
  const line = el("p", { role: "status", hidden: true });
  element.querySelector(".studio-echo").replaceChildren(line);
  const show = () => {
    const { text = "", problem = false } = props.value ?? {};
    line.hidden = !text;
    line.textContent = text;
    line.classList.toggle("problem", problem);
  };
  watch("value", show);
  show();
}
