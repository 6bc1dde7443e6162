// What a person can set for the page, in this browser; what the studio was started with stands in the panel of the models.

import { el } from "./dom.js";
import { prefer, preference, suit } from "./preferences.js";

const THEMES = { system: "As the system has it", light: "Light", dark: "Dark" };
const FORMATS = { png: "PNG, as it is kept", jpeg: "JPEG", webp: "WebP" };
const TOLD = "What is set here is for this browser alone.";

/** The part of a panel in which they are set. */
export function settingsPart() {
  suit();
  const rows = [
    choice("theme", "Look", THEMES),
    choice("format", "Download as", FORMATS),
    tick("previews", "Previews while a picture is being made"),
    tick("canvas", "Previews on the canvas too"),
    tick("follow", "The prompt goes along to another mode"),
  ];
  return [el("h2", {}, "The page"), el("p", { class: "quiet" }, TOLD), el("div", { class: "preferences" }, ...rows)];
}

function choice(name, label, options) {
  const field = el("select", { onchange: () => prefer(name, field.value) });
  field.append(...Object.entries(options).map(([value, text]) => el("option", { value }, text)));
  field.value = preference(name);
  return el("label", {}, el("span", {}, label), field);
}

function tick(name, label) {
  const field = el("input", { type: "checkbox", checked: preference(name), onchange: () => prefer(name, field.checked) });
  return el("label", { class: "tick" }, field, el("span", {}, label));
}
