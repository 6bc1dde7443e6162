// Under the prompt: what the model can draw, examples to click, and the words of the prompt that it does not know.

import { appeared, el } from "./dom.js";
import { watchField, writeField } from "./fields.js";
import { enumerate, unknownWords } from "./words.js";

const PAUSE = 250;
const MOST_NAMED = 8;

export function mount({ element, props }) {
  const root = element.querySelector(".studio-prompt");
  const field = `${props.task}-prompt`;
  const known = new Set(props.words);
  const unknown = el("p", { class: "unknown", role: "status", hidden: true });
  const examples = props.examples.map((text) => example(text, field));
  root.replaceChildren(
    unknown,
    props.draws ? el("p", { class: "draws" }, props.draws) : "",
    examples.length ? el("div", { class: "examples", role: "group", "aria-label": "Examples" }, ...examples) : "",
  );
  appeared(`#${props.task}-generate`).then((generate) => (generate.title = "Generate (Ctrl+Enter)"));
  watchField(field, (text) => name(unknown, unknownWords(text, known)), PAUSE);
}

function example(text, field) {
  const use = () => {
    writeField(field, text);
    document.querySelector(`#${field} textarea`)?.focus();
  };
  return el("button", { type: "button", class: "example", onclick: use, title: `Use: ${text}` }, text);
}

function name(line, words) {
  line.hidden = words.length === 0;
  const quoted = words.slice(0, MOST_NAMED).map((word) => `“${word}”`);
  line.textContent = words.length ? `This model does not know ${enumerate(quoted)}.` : "";
}
