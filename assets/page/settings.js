// What a person can set for the page, in this browser; what the studio was started with stands in the panel of the models.

import { el } from "./dom.js";
import { prefer, preference, suit } from "./preferences.js";
import { PREFERENCES } from "./words.js";

/** The part of a panel in which they are set. */
export function settingsPart() {
  suit();
  const rows = [
    choice("theme", PREFERENCES.themes),
    choice("format", PREFERENCES.formats),
    ...["previews", "canvas", "follow"].map(tick),
  ];
  const told = el("p", { class: "quiet" }, PREFERENCES.told);
  return [el("h2", {}, PREFERENCES.page), told, el("div", { class: "preferences" }, ...rows)];
}

function choice(name, options) {
  const field = el("select", { onchange: () => prefer(name, field.value) });
  field.append(...Object.entries(options).map(([value, text]) => el("option", { value }, text)));
  field.value = preference(name);
  return el("label", {}, el("span", {}, PREFERENCES[name]), field);
}

function tick(name) {
  const field = el("input", { type: "checkbox", checked: preference(name), onchange: () => prefer(name, field.checked) });
  return el("label", { class: "tick" }, field, el("span", {}, PREFERENCES[name]));
}
