// The models there are and which one draws, on what, and where the pictures go.

import { el } from "./dom.js";
import { Models } from "./models.js";
import { attachPanel } from "./panel.js";
import * as server from "./server.js";
import { settingsPart } from "./settings.js";

/** Let the model's name open it. */
export function attachSystem(button) {
  const models = new Models();
  const facts = el("dl", { class: "facts" });
  const given = el("dl", { class: "facts given" });
  const problem = el("p", { class: "alert", role: "alert", hidden: true });
  attachPanel(button, "Models and system", [...models.parts, ...settingsPart(), el("h2", {}, "System"), problem, facts, el("h2", {}, "Started with"), given], () => {
    models.look();
    fill(facts, given, problem);
  });
}

async function fill(facts, given, problem) {
  try {
    const status = await server.status();
    const told = rows(status);
    const began = status.started.map(({ label, value, option }) => [label, el("span", {}, value, el("code", {}, option))]);
    given.replaceChildren(...began.flatMap(([name, value]) => [el("dt", {}, name), el("dd", {}, value)]));
    facts.replaceChildren(...told.flatMap(([name, value]) => [el("dt", {}, name), el("dd", {}, value)]));
    problem.hidden = true;
  } catch (error) {
    problem.textContent = error.message;
    problem.hidden = false;
  }
}

function rows({ version, model, memory, outputs, documents }) {
  const states = { ready: "ready", loading: "loading …" };
  const facts = {
    Model: model.title,
    From: model.reference === model.title.toLowerCase() ? "" : model.reference,
    State: model.message || states[model.state] || model.state,
    ...Object.fromEntries(Object.entries(model.on).map(([name, value]) => [title(name), value])),
    Memory: `${size(memory.free)} of ${size(memory.total)} free`,
    Engine: memory.engine ? `uses ${size(memory.engine)} of it` : "",
    Pictures: outputs,
    Documents: documents,
    Studio: version,
  };
  return Object.entries(facts).filter(([, value]) => value);
}

const title = (name) => name[0].toUpperCase() + name.slice(1);
const size = (bytes) => `${(bytes / 2 ** 30).toFixed(1)} GiB`;
