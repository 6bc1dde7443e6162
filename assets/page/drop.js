// A picture of any program, dropped on the page beside the canvas: what its file says of how it was made, and what to do
// with it.  A text as A1111 writes it does as well, where it is pasted into a prompt.

import { button, el, icon } from "./dom.js";
import * as doors from "./gallery_doors.js";
import { Settings } from "./gallery_settings.js";
import { keptOut, missing, recall } from "./recall.js";
import * as server from "./server.js";
import { send, shownTask } from "./tabs.js";
import { say } from "./toast.js";
import { COMMON, DROP, RECALL, TITLES } from "./words.js";

const EDITS = ["image_to_image", "inpaint", "outpaint"];
const INFOTEXT = /(^|\n)Steps: \d+, .*\w+: /;

let dialog;
let hint;
let input;

const carries = (event) => event.dataTransfer?.types.includes("Files");
const onCanvas = (event) => event.target.closest?.(".studio-canvas");

export function listenForDrops() {
  const container = document.querySelector(".gradio-container");
  hint = el("div", { class: "studio-drop", hidden: true, "aria-hidden": "true" });
  hint.append(icon("open"), el("p", {}, DROP.drop));
  container.append(hint);
  document.addEventListener("dragover", (event) => {
    if (!carries(event)) return;
    event.preventDefault(); // so that the file does not take the page's place
    hint.hidden = Boolean(onCanvas(event) || dialog?.open);
  });
  document.addEventListener("dragleave", (event) => event.relatedTarget === null && (hint.hidden = true));
  document.addEventListener("drop", (event) => {
    hint.hidden = true;
    if (!carries(event) || onCanvas(event)) return;
    event.preventDefault();
    take(event.dataTransfer.files[0]);
  });
  document.addEventListener("paste", pasted);
}

/** Choose a file by hand. */
export function chooseFile() {
  input ??= el("input", { type: "file", accept: "image/png,image/jpeg,image/webp", hidden: true, class: "studio-file" });
  document.querySelector(".gradio-container").append(input);
  input.onchange = () => {
    take(input.files[0]);
    input.value = "";
  };
  input.click();
}

/** Settings in a prompt's own place: they may be meant as settings. */
function pasted(event) {
  const field = event.target.closest?.('[id$="-prompt"] textarea');
  const text = event.clipboardData?.getData("text/plain") ?? "";
  if (!field || !INFOTEXT.test(text)) return;
  say(DROP.lookLikeSettings, { label: DROP.readThem, act: () => read(text, DROP.aText, null) });
}

function take(file) {
  if (file) read(file, file.name, file);
}

/** `source`: a file or a text; `file`: what can be put on the canvas, if anything. */
async function read(source, name, file) {
  try {
    show(await doors.read(source), name, file);
  } catch (error) {
    say(error.message);
  }
}

function show(found, name, file) {
  if (!dialog) {
    dialog = el("dialog", { class: "studio-found", "aria-labelledby": "studio-found-title" });
    dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
    dialog.addEventListener("close", () => dialog.replaceChildren()); // lets go of the file
    document.querySelector(".gradio-container").append(dialog);
  }
  const title = el("h2", { id: "studio-found-title" }, headline(found, name));
  const shut = button(COMMON.close, "close", () => dialog.close(), { bare: true, class: "tool shut" });
  const table = found.settings.length ? new Settings(found) : null;
  const parts = table ? settingsOf(found, table) : [el("p", {}, DROP.nothing)];
  const marks = found.marks.map((mark) => el("p", { class: "note" }, mark));
  const foot = el("div", { class: "foot" }, table && using(found, table), file && onTo(file));
  dialog.replaceChildren(el("header", {}, thumb(file), title, shut), ...parts, ...marks, foot);
  if (!dialog.open) dialog.showModal();
  foot.querySelector("button")?.focus({ preventScroll: true });
}

function headline({ settings, program }, name) {
  return settings.length ? DROP.made(program, name) : DROP.none(name);
}

function thumb(file) {
  if (!file) return null;
  const url = URL.createObjectURL(file);
  return el("img", { src: url, alt: "", onload: () => URL.revokeObjectURL(url), onerror: () => URL.revokeObjectURL(url) });
}

/** What the file says, and what of it is lost. */
function settingsOf({ task, settings, notes, pictures }, table) {
  const out = keptOut(task, settings);
  const gone = missing(pictures);
  const lost = [...notes, ...(gone.length ? [RECALL.without(gone)] : []), ...(out.length ? [RECALL.keptOut(out)] : [])];
  const words = settings.filter(({ name, value }) => ["prompt", "negative"].includes(name) && value);
  return [
    ...words.flatMap(({ label, value }) => [el("h3", {}, label), el("p", { class: "words" }, value)]),
    el("h3", {}, COMMON.settings),
    table.table,
    lost.length ? el("h3", {}, DROP.lost) : null,
    lost.length ? el("ul", { class: "lost" }, ...lost.map((each) => el("li", {}, each))) : null,
  ].filter(Boolean);
}

function using({ task }, table) {
  const use = async () => {
    const { chosen, chosenPictures } = table;
    dialog.close();
    say(await recall(task, chosen, chosenPictures));
  };
  const which = button(COMMON.choose, "check", () => {
    table.pick(!table.picking);
    which.setAttribute("aria-pressed", String(table.picking));
  });
  return el("div", { class: "row" }, button(COMMON.useThese, "settings", use, { class: "tool primary" }), which);
}

/** Put it on the canvas: where a canvas is shown there, elsewhere by choice. */
function onTo(file) {
  const put = async (task) => {
    try {
      const picture = await server.keep(file);
      dialog.close();
      await send(task, picture);
    } catch (error) {
      say(error.message);
    }
  };
  const here = EDITS.includes(shownTask()) ? [shownTask()] : EDITS;
  const one = here.length === 1;
  const naming = (task) => ({ "data-send": task, title: DROP.ontoCanvas(task) });
  const buttons = here.map((task) => button(one ? COMMON.ontoCanvas : TITLES[task], task, () => put(task), naming(task)));
  return el("div", { class: "row edits", role: "group", "aria-label": COMMON.ontoCanvas }, ...buttons);
}
