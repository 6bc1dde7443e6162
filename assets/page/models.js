// The models there are; whichever is chosen draws from now on, for every page of this studio.

import { told } from "./desk.js";
import { el, icon } from "./dom.js";
import { carry } from "./keep.js";
import * as server from "./server.js";
import { session } from "./store.js";
import { say } from "./toast.js";
import { MODELS } from "./words.js";

const CHOSEN = "studio.chosen";
const FEW = 6; // all of them can be seen at once
const WORDS = ["prompt", "negative"];

/** Say what was chosen before the page was loaded anew for it. */
export function chosen() {
  const sentence = session.get(CHOSEN);
  session.remove(CHOSEN);
  if (sentence) say(sentence);
}

export class Models {
  constructor() {
    this.list = el("ul", { class: "models" });
    this.problem = el("p", { class: "alert", role: "alert", hidden: true });
    this.filter = el("input", { type: "search", class: "filter", placeholder: MODELS.find, "aria-label": MODELS.find });
    this.filter.addEventListener("input", () => this.narrow());
    this.place = el("p", { class: "quiet" });
    this.parts = [el("h2", {}, MODELS.models), this.problem, this.filter, this.list, this.place];
  }

  look() {
    return this.attempt(async () => {
      const { drawing, folder, models } = await server.models();
      this.list.replaceChildren(...models.map((model) => this.row(model, drawing)));
      this.filter.hidden = models.length <= FEW;
      this.narrow();
      this.list.querySelector("[aria-current]")?.scrollIntoView({ block: "nearest" });
      this.place.textContent = MODELS.more(folder);
    });
  }

  /** Leave those that have what is looked for in what stands there. */
  narrow() {
    const sought = this.filter.value.trim().toLowerCase();
    for (const row of this.list.children) row.hidden = !row.textContent.toLowerCase().includes(sought);
  }

  row(model, drawing) {
    const span = (name, ...parts) => el("span", { class: name }, ...parts);
    const draws = model.reference === drawing;
    const title = span("title", model.title, draws && span("mark", icon("check"), MODELS.inUse));
    const facts = [model.kind, model.precision, MODELS.size(model.size), model.suits].filter(Boolean).join(" · ");
    const lines = [title, span("facts", facts), model.draws && span("draws", model.draws)];
    if (model.problem) return el("li", {}, el("div", { class: "refused" }, ...lines, span("problem", model.problem)));
    const onclick = () => this.attempt(() => this.use(model, drawing));
    const props = { type: "button", title: model.reference, "aria-current": draws && "true", onclick };
    return el("li", {}, el("button", props, ...lines));
  }

  /** The page is loaded anew, since what stands in its fields suits the model that drew before. */
  async use(model, drawing) {
    this.list.inert = true;
    const { reference, title, note } = await server.use(model.reference);
    if (reference !== drawing) await carry(drawing, reference, WORDS.slice(0, model.hears ? 2 : 1));
    await told();
    session.set(CHOSEN, `${MODELS.drawsNow(title)} ${note}`.trim());
    location.reload();
  }

  async attempt(act) {
    this.problem.hidden = true;
    try {
      await act();
    } catch (error) {
      this.problem.textContent = error.message;
      this.problem.hidden = false;
      this.list.inert = false;
    }
  }
}
