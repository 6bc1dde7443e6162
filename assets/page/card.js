// One job: its state in words, a bar, Stop while it is open, and one figure a picture.

import { button, el } from "./dom.js";
import { Figure } from "./figure.js";
import { isFinal } from "./feed.js";
import * as server from "./server.js";
import { headline } from "./words.js";

const STOPPING = "Stopping …";

export class Card {
  constructor(task, { job, prompt, count, width, height, notes = [] }) {
    this.task = task;
    this.job = job;
    this.prompt = prompt;
    this.state = el("p", { class: "state" }, "…");
    this.stop = button("Stop", "stop", () => this.cancel(), { class: "tool stop" });
    this.fill = el("div", { class: "fill" });
    const meter = { role: "progressbar", "aria-label": "Progress", "aria-valuemin": 0 };
    this.bar = el("div", { class: "bar", ...meter }, this.fill);
    this.problem = el("p", { class: "alert", role: "alert", hidden: true });
    this.grid = el("div", { class: "pictures", hidden: true });
    this.grid.style.setProperty("--shape", width / height || 1);
    this.figures = [];
    this.grow(count);
    const said = el("p", { class: "said", title: prompt }, prompt || "(no prompt)");
    const head = el("header", {}, said, this.state, this.stop);
    const hints = notes.map((note) => el("p", { class: "note" }, note));
    this.root = el("article", { class: "card", "data-job": job }, head, this.bar, ...hints, this.problem, this.grid);
  }

  grow(count) {
    while (this.figures.length < count) {
      this.figures.push(new Figure(this.task, this.prompt));
      this.grid.append(this.figures.at(-1).root);
    }
    this.grid.dataset.count = Math.min(count, 4);
  }

  update(view) {
    this.root.classList.toggle("lost", Boolean(view.lost));
    if (view.lost) return this.tell("Connection lost, trying again …");
    this.root.dataset.state = view.state;
    this.over = isFinal(view);
    this.state.setAttribute("aria-live", isFinal(view) ? "polite" : "off"); // the bar says the steps
    this.tell(this.stopping && !isFinal(view) ? STOPPING : headline(view));
    this.progress(view);
    this.stop.hidden = isFinal(view);
    this.problem.hidden = !(view.state === "failed" || (isFinal(view) && view.message));
    this.problem.textContent = this.problem.hidden ? "" : view.message || "The job failed without a reason.";
    this.grow(view.count ?? this.figures.length);
    this.show(view);
  }

  tell(text) {
    if (this.state.textContent !== text) this.state.textContent = text;
  }

  progress({ state, step, steps }) {
    const share = state === "done" ? 100 : steps ? (100 * step) / steps : 0;
    this.fill.style.width = `${share}%`;
    this.bar.hidden = state !== "running";
    this.bar.classList.toggle("unknown", state === "running" && !step);
    this.bar.setAttribute("aria-valuemax", steps || 1);
    this.bar.setAttribute("aria-valuenow", step || 0);
  }

  show(view) {
    this.figures.forEach((figure, index) => {
      const picture = view.pictures?.[index];
      const version = view.previews?.[index];
      if (picture) figure.finish(picture, () => this.finished);
      else if (version && !isFinal(view)) figure.preview(server.preview(this.job, index, version));
      else if (isFinal(view)) figure.drop();
    });
    this.grid.hidden = view.state === "queued" || this.figures.every((figure) => figure.root.hidden);
  }

  /** The finished pictures of this card, for the lightbox to leaf through. */
  get finished() {
    return this.figures.map((figure) => figure.picture).filter(Boolean);
  }

  async cancel() {
    this.stopping = this.stop.disabled = true;
    this.tell(STOPPING);
    try {
      this.update(await server.cancel(this.job));
    } catch (error) {
      this.stopping = this.stop.disabled = false;
      this.tell(error.message);
    }
  }
}
