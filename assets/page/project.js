// A project: the canvas with its whole history, the fields and every picture in them, saved to one file and opened from one.

import * as desk from "./desk.js";
import { button, el } from "./dom.js";
import { attachPanel } from "./panel.js";
import * as server from "./server.js";
import { say } from "./toast.js";

const TOLD =
  "The picture on the canvas, all that was done to it and the fields are kept by themselves. A project takes them along in one file.";

/** The button of the page's head that opens the panel. */
export function projectButton() {
  const opener = button("Project", "project", undefined, { class: "tool project", "aria-label": "Project" });
  const problem = el("p", { class: "alert", role: "alert", hidden: true });
  const file = el("input", { type: "file", accept: ".zip", hidden: true, "aria-label": "Project file" });
  const save = button("Save to a file", "download", () => attempt(problem, download));
  const open = button("Open a file", "open", () => file.click());
  file.addEventListener("change", () => attempt(problem, () => load(file)));
  const bar = el("div", { class: "bar-of-tools" }, save, open);
  attachPanel(opener, "Project", [el("h2", {}, "Project"), el("p", { class: "quiet" }, TOLD), problem, bar, file], () => {
    problem.hidden = true;
  });
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
  say(`${chosen.name} is open`);
  location.reload(); // the fields are Gradio's, and are filled when the page opens
}
