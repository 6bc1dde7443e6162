// The models there are and which one draws, on what, and where the pictures go.

import { el } from "./dom.js";
import { Models } from "./models.js";
import { attachPanel } from "./panel.js";
import * as server from "./server.js";
import { settingsPart } from "./settings.js";
import { SYSTEM } from "./words.js";

/** Let the model's name open it. */
export function attachSystem(button) {
  const models = new Models();
  const facts = el("dl", { class: "facts" });
  const given = el("dl", { class: "facts given" });
  const problem = el("p", { class: "alert", role: "alert", hidden: true });
  const system = [el("h2", {}, SYSTEM.system), problem, facts, el("h2", {}, SYSTEM.started), given];
  attachPanel(button, SYSTEM.name, [...models.parts, ...settingsPart(), ...system], () => {
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
  const facts = {
    model: model.title,
    from: model.reference === model.title.toLowerCase() ? "" : model.reference,
    state: model.message || SYSTEM.states[model.state] || model.state,
    ...model.on,
    memory: SYSTEM.free(memory.free, memory.total),
    engine: memory.engine ? SYSTEM.uses(memory.engine) : "",
    pictures: outputs,
    documents,
    studio: version,
  };
  const told = Object.entries(facts).filter(([, value]) => value);
  return told.map(([name, value]) => [SYSTEM.facts[name] ?? name, value]);
}
