// One job: its state in words, a bar, Stop while it is open, Retry where it ended badly, and one figure a picture.

import { calm } from "./calm.js";
import { button, el } from "./dom.js";
import { Figure } from "./figure.js";
import { isFinal, learn } from "./feed.js";
import * as server from "./server.js";
import { Table } from "./table.js";
import { CARD, COMMON, TITLES, headline } from "./words.js";

const STOPPING = CARD.stopping;
const UNDONE = ["failed", "quarantined", "cancelled"];

export class Card {
  constructor(view) {
    this.job = view.id;
    this.view = view;
    this.figures = [];
    this.state = el("p", { class: "state" });
    this.stop = button(CARD.stop, "stop", () => this.ask(server.cancel, STOPPING), { class: "tool stop" });
    this.retry = button(COMMON.retry, "again", () => this.ask(server.retry, ""), { class: "tool retry", hidden: true });
    this.fill = el("div", { class: "fill" });
    const meter = { role: "progressbar", "aria-label": CARD.progress, "aria-valuemin": 0 };
    this.bar = el("div", { class: "bar", ...meter }, this.fill);
    this.problem = el("p", { class: "alert", role: "alert", hidden: true });
    this.notes = el("div", { class: "notes" });
    this.table = view.grid ? new Table(view.id, view.grid) : null;
    this.grid = this.table?.root ?? el("div", { class: "pictures", hidden: true });
    const said = el("p", { class: "said", title: view.prompt }, view.prompt || COMMON.noPrompt);
    const task = el("p", { class: "task" }, TITLES[view.task] ?? view.task);
    const head = el("header", {}, said, task, this.state, this.retry, this.stop);
    const naming = { "data-job": view.id, "data-task": view.task };
    this.root = el("article", { class: "card", ...naming }, head, this.bar, this.notes, this.problem, this.grid);
    this.shape(view);
  }

  /** Let the placeholders have the pictures' shape; that of an edit follows from what it was made from. */
  async shape({ width, height, source, margins }) {
    if (!width && source) {
      const image = new Image();
      image.src = server.picture(source);
      await image.decode().catch(() => null);
      width = image.naturalWidth + (margins ? margins.left + margins.right : 0);
      height = image.naturalHeight + (margins ? margins.top + margins.bottom : 0);
    }
    this.grid.style.setProperty("--shape", width / height || 1);
  }

  grow(count) {
    while (this.figures.length < count) {
      this.figures.push(new Figure(this));
      (this.table ?? this.grid).append(this.figures.at(-1).root);
    }
    this.grid.dataset.count = Math.min(count, 4);
  }

  hint(notes) {
    this.notes.replaceChildren(...notes.map((note) => el("p", { class: "note" }, note)));
  }

  update(view, lost) {
    this.view = view;
    this.root.classList.toggle("lost", lost);
    if (lost) return this.tell(CARD.lost);
    const over = isFinal(view);
    this.root.dataset.state = view.state;
    this.left = view.state === "running" ? calm(this.left, view.seconds_left) : null;
    this.stopping = this.stopping && !over;
    this.state.setAttribute("aria-live", over ? "polite" : "off"); // the bar says the steps
    this.tell(this.stopping ? STOPPING : headline({ ...view, seconds_left: this.left }));
    this.progress(view);
    this.stop.hidden = over;
    this.stop.disabled = Boolean(this.stopping);
    this.retry.hidden = !UNDONE.includes(view.state);
    this.explain(view, over);
    this.grow(view.count);
    this.show(view, over);
  }

  tell(text) {
    if (this.state.textContent !== text) this.state.textContent = text;
  }

  explain({ state, message }, over) {
    const bad = state === "failed" || state === "quarantined";
    this.problem.hidden = !(bad || (over && message));
    const text = this.problem.hidden ? "" : message || CARD.unexplained;
    if (this.problem.textContent !== text) this.problem.textContent = text; // said aloud once
  }

  progress({ state, step, steps }) {
    const share = state === "done" ? 100 : steps ? (100 * step) / steps : 0;
    this.fill.style.width = `${share}%`;
    this.bar.hidden = state !== "running";
    this.bar.classList.toggle("unknown", state === "running" && !step);
    this.bar.setAttribute("aria-valuemax", steps || 1);
    this.bar.setAttribute("aria-valuenow", step || 0);
  }

  show(view, over) {
    this.figures.forEach((figure, index) => {
      const picture = view.pictures?.[index];
      const version = view.previews?.[index];
      if (picture) figure.finish(picture);
      else if (version && !over) figure.preview(server.preview(this.job, index, version));
      else if (over) figure.drop();
    });
    this.table?.over(over);
    this.tidy();
  }

  /** Without a picture to show there is no grid. */
  tidy() {
    this.grid.hidden = this.view.state === "queued" || this.figures.every(({ root }) => root.hidden);
  }

  /** The finished pictures of this card, for the lightbox to leaf through. */
  get finished() {
    return this.figures.filter(({ root }) => !root.hidden).flatMap(({ picture }) => picture ?? []);
  }

  /** The picture that is seen beside one, by so many places; where there is none, the nearest. */
  beside(figure, by) {
    const seen = this.figures.filter((each) => each === figure || (each.picture && !each.root.hidden));
    const at = seen.indexOf(figure);
    return seen[Math.min(Math.max(at + by, 0), seen.length - 1)];
  }

  async ask(door, meanwhile) {
    this.stopping = meanwhile === STOPPING;
    this.stop.disabled = this.retry.disabled = true;
    if (meanwhile) this.tell(meanwhile);
    try {
      learn(await door(this.job));
    } catch (error) {
      this.stopping = this.stop.disabled = false;
      this.tell(error.message);
    } finally {
      this.retry.disabled = false;
    }
  }
}
