// A project: the canvas with its whole history, the fields and every picture in them, saved to one file and opened from one.

import * as desk from "./desk.js";
import { button, el } from "./dom.js";
import { attachPanel } from "./panel.js";
import * as server from "./server.js";
import { say } from "./toast.js";
import { PROJECT } from "./words.js";

/** The button of the page's head that opens the panel. */
export function projectButton() {
  const opener = button(PROJECT.project, "project", undefined, { class: "tool project", "aria-label": PROJECT.project });
  const problem = el("p", { class: "alert", role: "alert", hidden: true });
  const file = el("input", { type: "file", accept: ".zip", hidden: true, "aria-label": PROJECT.file });
  const save = button(PROJECT.save, "download", () => attempt(problem, download));
  const open = button(PROJECT.open, "open", () => file.click());
  file.addEventListener("change", () => attempt(problem, () => load(file)));
  const bar = el("div", { class: "bar-of-tools" }, save, open);
  const told = el("p", { class: "quiet" }, PROJECT.told);
  const parts = [el("h2", {}, PROJECT.project), told, problem, bar, file];
  attachPanel(opener, PROJECT.project, parts, () => (problem.hidden = true));
  return opener;
}

async function attempt(problem, act) {
  problem.hidden = true;
  try {
    await act();
  } catch (error) {
    problem.textContent = error.message;
    problem.hidden = false;
  }
}

async function download() {
  await desk.told();
  el("a", { href: server.project(), download: "" }).click();
}

async function load(file) {
  const [chosen] = file.files;
  file.value = "";
  if (!chosen) return;
  await desk.told(); // what is here now stays in the gallery, and nothing of it comes back later
  desk.replaced(await server.openProject(chosen));
  say(PROJECT.isOpen(chosen.name));
  location.reload(); // the fields are Gradio's, and are filled when the page opens
}
