// Under the prompt: what the model can draw, examples or earlier prompts, the words that it does not know, and the seed
// that is kept.  In the prompt: keys for weights and earlier prompts.

import { appeared, button, el } from "./dom.js";
import { readField, watchField, writeField } from "./fields.js";
import { openMenu } from "./menu.js";
import { Walk, earlier, remember } from "./prompts.js";
import { spokenButton } from "./spoken.js";
import { unknownWords } from "./unknown.js";
import { reweighed } from "./weight.js";
import { PROMPT } from "./words.js";

const PAUSE = 250;
const MOST_NAMED = 8;
const MOST_EARLIER = 12;

export function mount({ element, props }) {
  const root = element.querySelector(".studio-prompt");
  const help = new Help(props);
  root.replaceChildren(...help.parts);
  appeared(`#${props.task}-generate`).then((generate) => (generate.title = PROMPT.generate));
  document.addEventListener("keydown", (event) => help.key(event), { capture: true });
  const pressed = ({ target }) => target.closest?.(`#${props.task}-generate`);
  document.addEventListener("click", (event) => pressed(event) && help.generated(), { capture: true });
}

class Help {
  constructor({ task, draws, examples, words }) {
    this.field = `${task}-prompt`;
    this.seed = `${task}-seed`;
    this.examples = examples;
    this.alone = task === "text_to_image"; // the others need a picture first, which the canvas asks for
    this.walk = new Walk();
    const known = new Set(words);
    this.unknown = el("p", { class: "unknown", role: "status", hidden: true });
    this.first = el("p", { class: "first" }, PROMPT.first);
    const chips = examples.map((text) => this.chip(text));
    this.chips = el("div", { class: "examples", role: "group", "aria-label": PROMPT.examples }, ...chips);
    this.recent = button(PROMPT.earlier, "history", () => this.recall(), { class: "tool recent" });
    this.recent.setAttribute("aria-haspopup", "menu");
    this.kept = el("p", { class: "kept", hidden: true });
    const tools = el("div", { class: "tools" }, this.recent, spokenButton(this.field));
    const able = draws ? el("p", { class: "draws" }, draws) : "";
    this.parts = [this.unknown, able, this.first, this.chips, tools, this.kept];
    watchField(this.field, (text) => name(this.unknown, unknownWords(text, known)), PAUSE);
    watchField(this.seed, (seed) => this.keep(seed.trim()));
    this.turn();
  }

  /** Examples until there are prompts of one's own. */
  turn() {
    const own = earlier().length > 0;
    this.chips.hidden = own || !this.examples.length;
    this.first.hidden = this.chips.hidden || !this.alone;
    this.recent.hidden = !own;
  }

  generated() {
    remember(readField(this.field));
    this.keep(readField(this.seed).trim());
    this.turn();
  }

  chip(text) {
    const use = () => this.use(text);
    return el("button", { type: "button", class: "example", onclick: use, title: PROMPT.use(text) }, text);
  }

  use(text) {
    writeField(this.field, text);
    document.querySelector(`#${this.field} textarea`)?.focus();
  }

  recall() {
    const row = (icon) => (text) => ({ label: text, icon, act: () => this.use(text) });
    const groups = [earlier().slice(0, MOST_EARLIER).map(row("history")), this.examples.map(row("star"))];
    openMenu(this.recent, groups, PROMPT.earlierAndExamples);
  }

  /** A seed that stands in its field makes the same picture again and again; that should not go unseen. */
  keep(seed) {
    this.kept.hidden = seed === "" || seed === "-1";
    const free = button(PROMPT.anew, "seed", () => writeField(this.seed, ""), { class: "tool" });
    this.kept.replaceChildren(`${PROMPT.kept(seed)} `, free);
  }

  key(event) {
    const { target, key, ctrlKey, metaKey, altKey, shiftKey } = event;
    const by = { ArrowUp: 1, ArrowDown: -1 }[key];
    if (!by || shiftKey || target.tagName !== "TEXTAREA") return;
    const own = target.closest(`#${this.field}`);
    const weighed = own ?? target.closest(`#${this.field.replace(/prompt$/, "negative")}`);
    if (altKey && own) this.back(event, by);
    else if ((ctrlKey || metaKey) && weighed) weigh(event, weighed.id, by);
  }

  back(event, by) {
    event.preventDefault();
    const text = this.walk.step(by, event.target.value);
    if (text !== null) writeField(this.field, text);
  }
}

/** Written as if it had been typed, so that the browser's own undo takes it back. */
function weigh(event, id, steps) {
  event.preventDefault();
  const field = event.target;
  const change = reweighed(field.value, field.selectionStart, field.selectionEnd, steps);
  if (!change) return;
  field.setSelectionRange(change.from, change.to);
  if (!document.execCommand("insertText", false, change.insert)) writeField(id, change.text);
  field.setSelectionRange(change.start, change.end);
}

function name(line, words) {
  line.hidden = words.length === 0;
  line.textContent = words.length ? PROMPT.unknown(words.slice(0, MOST_NAMED)) : "";
}
