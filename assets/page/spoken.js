// LoRAs and embeddings on the shelf, to be written into a prompt by a click.

import { button } from "./dom.js";
import { writeField } from "./fields.js";
import { openMenu } from "./menu.js";
import * as server from "./server.js";
import { say } from "./toast.js";
import { PROMPT } from "./words.js";

let first; // asked for once for all tabs, to know whether there is anything to offer

/** The button that opens the list, hidden where the shelf holds none. */
export function spokenButton(field) {
  const opener = button(PROMPT.spoken, "plus", () => open(opener, field), { hidden: true, "aria-haspopup": "menu" });
  first ??= server.spoken().catch(() => []);
  first.then((names) => (opener.hidden = !names.length));
  return opener;
}

async function open(opener, field) {
  try {
    const names = await server.spoken();
    const of = (kind) => names.filter((each) => each.kind === kind).map((each) => row(each, field));
    openMenu(opener, [of("lora"), of("embedding")], PROMPT.spoken);
  } catch (error) {
    say(error.message);
  }
}

function row({ name, title, text }, field) {
  return { label: `${name} · ${title}`, icon: "plus", act: () => insert(field, text) };
}

/** At the cursor, with a space between it and the words around; the browser's own undo takes it back. */
function insert(id, text) {
  const field = document.querySelector(`#${id} textarea`);
  const { value, selectionEnd: at } = field;
  const before = /(^|\s)$/.test(value.slice(0, at)) ? "" : " ";
  const after = /^(\s|$)/.test(value.slice(at)) ? "" : " ";
  field.focus();
  field.setSelectionRange(at, at);
  const written = before + text + after;
  if (!document.execCommand("insertText", false, written)) writeField(id, value.slice(0, at) + written + value.slice(at));
}
