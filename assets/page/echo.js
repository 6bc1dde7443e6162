// A line that says how the fields for several pictures are understood, or what is wrong with them, while they are filled
// in.  Gradio says what stands in them; the studio reads it (`studio/grids/wish.py`).

import { appeared, el } from "./dom.js";
import * as server from "./server.js";

const asked = new Map(); // id of a line → what it was last told of

export function mount({ element }) {
  element.querySelector(".studio-echo").replaceChildren(el("p", { role: "status", hidden: true }));
}

/** `labels`: of the axes; `values`: a setting and its values for each of them, and the prompts. */
export async function tell(id, labels, values) {
  const texts = values.map((value) => String(value ?? ""));
  const axes = labels.map((label, at) => [label, texts[2 * at], texts[2 * at + 1]]);
  const wish = { axes, prompts: texts.at(-1) };
  const key = JSON.stringify(wish);
  if (asked.get(id) === key) return;
  asked.set(id, key);
  const line = await appeared(`#${id} p`);
  const answer = texts.some((text) => text.trim()) ? await server.wish(wish).catch((error) => problem(error)) : NOTHING;
  if (asked.get(id) === key) show(line, answer);
}

const NOTHING = { text: "", problem: false };
const problem = ({ message }) => ({ text: message, problem: true });

function show(line, { text, problem }) {
  line.hidden = !text;
  line.textContent = text;
  line.classList.toggle("problem", problem);
}
