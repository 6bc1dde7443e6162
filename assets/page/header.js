// The page's head: who we are, which model draws and whether it is ready, the queue, and help.

import { el, icon } from "./dom.js";
import { watchFolds } from "./folds.js";
import { followPrompts } from "./follow.js";
import { listen } from "./generate.js";
import { helpButton } from "./help.js";
import { chosen } from "./models.js";
import { projectButton } from "./project.js";
import { queueButton } from "./queue.js";
import * as server from "./server.js";
import { attachSystem } from "./system.js";
import { keepTab } from "./tabs.js";
import { watchTitle } from "./title.js";
import { say } from "./toast.js";
import { HEADER, NAME } from "./words.js";

const SOON = 1500;
const LATER = 15_000;

export function mount({ element, props }) {
  const logo = el("img", { src: new URL("page/logo.svg", document.baseURI).href, alt: "", width: 32, height: 32 });
  const state = el("span", { class: "model-state", role: "status" });
  const name = el("span", { class: "model-name" }, props.title);
  const naming = { type: "button", class: "model", "aria-label": HEADER.model(props.title) };
  const model = el("button", naming, el("span", { class: "dot" }), name, state, icon("down"));
  const head = [logo, el("h1", {}, NAME), model, projectButton(), queueButton(), helpButton()];
  element.querySelector(".studio-header").replaceChildren(...head);
  attachSystem(model);
  listen();
  keepTab();
  followPrompts();
  watchTitle();
  watchFolds();
  watch(model, state, props.reference);
  chosen();
}

/** Say what the model's state is, on what it really runs, and when another page has chosen another than `drawing`. */
async function watch(model, state, drawing) {
  const known = await server.status().catch(() => null);
  const { state: name = "", message, on = {} } = known?.model ?? {};
  model.dataset.state = name;
  model.title = message || HEADER.hint;
  state.textContent = HEADER.states[name] ?? [on.device, on.precision, on.attention].filter(Boolean).join(" · ");
  const now = known?.model.reference ?? drawing;
  if (now !== drawing) {
    const anew = { label: HEADER.anew, act: () => location.reload() };
    say(HEADER.chosenElsewhere(known.model.title), anew);
  }
  setTimeout(() => watch(model, state, now), name === "loading" ? SOON : LATER);
}
