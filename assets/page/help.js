// The sheet with all keys: by its button, or by the key "?".

import { button, el } from "./dom.js";
import { KEYS } from "./keys.js";
import { COMMON, HELP } from "./words.js";

let dialog;

/** The button that opens it; also listens for the key. */
export function helpButton() {
  document.addEventListener("keydown", (event) => {
    if (event.key !== "?" || event.ctrlKey || event.metaKey || typing(event.target)) return;
    event.preventDefault();
    open();
  });
  return button(HELP.keys, "help", open, { bare: true, class: "tool help", title: HELP.hint });
}

const SILENT = ["range", "checkbox", "radio", "button"]; // inputs that nothing is typed into

const typing = ({ isContentEditable, tagName, type }) =>
  isContentEditable || tagName === "TEXTAREA" || (tagName === "INPUT" && !SILENT.includes(type));

function open() {
  if (document.querySelector("dialog[open]")) return;
  dialog ??= build();
  dialog.showModal();
}

function build() {
  const groups = Object.entries(KEYS).map(([name, rows]) => el("section", {}, el("h3", {}, name), table(rows)));
  const close = button(COMMON.close, "close", () => sheet.close(), { bare: true, class: "tool close" });
  const head = el("header", {}, el("h2", {}, HELP.keys), close);
  const body = el("div", { class: "groups" }, ...groups);
  const sheet = el("dialog", { class: "studio-sheet", "aria-label": HELP.keys }, head, body);
  sheet.addEventListener("click", (event) => event.target === sheet && sheet.close());
  document.querySelector(".gradio-container").append(sheet);
  return sheet;
}

function table(rows) {
  return el("dl", {}, ...rows.flatMap(([keys, what]) => [el("dt", {}, ...caps(keys)), el("dd", {}, what)]));
}

const caps = (keys) => keys.split(" ").map((key) => el("kbd", {}, key));
