// The results, of all tasks and all windows: one card a job, the newest first.  The server says which there are, so
// that a reload, a closed tab, a second device or a lost connection loses nothing.

import { Card } from "./card.js";
import { el } from "./dom.js";
import { follow, isFinal } from "./feed.js";
import { released } from "./generate.js";
import { CARD } from "./words.js";

const SHOWN = 12;
const PROBLEMS = ["failed", "quarantined"];

export function mount({ element, props, watch }) {
  const view = new LiveView(element.querySelector(".studio-live"), props.hint);
  watch("value", () => view.take(props.value));
}

class LiveView {
  constructor(root, hint) {
    this.cards = new Map();
    this.notes = new Map();
    this.awaited = null;
    this.refusal = el("p", { class: "alert", role: "alert", hidden: true });
    this.list = el("section", { class: "cards", "aria-label": CARD.results });
    this.empty = el("p", { class: "hint" }, hint);
    root.replaceChildren(this.refusal, this.list, this.empty);
    root.dataset.ready = "";
    follow((now) => this.hear(now));
    document.addEventListener("studio:begun", ({ detail }) => this.await(detail));
  }

  /** What Generate answered: a job to look out for, or why there is none. */
  take(value) {
    if (!value) return;
    released(value.task);
    this.refuse(value.refusal ?? "");
    if (!value.job) return;
    document.dispatchEvent(new CustomEvent("studio:asked", { detail: value.job }));
    this.await(value.job, value.notes);
  }

  await(job, notes = []) {
    this.notes.set(job, notes);
    this.awaited = job;
    this.point();
  }

  /** Show the job that was asked for here, as soon as it is told of. */
  point() {
    const card = this.cards.get(this.awaited);
    if (!card) return;
    card.hint(this.notes.get(this.awaited));
    card.root.firstElementChild.scrollIntoView({ block: "nearest" });
    this.awaited = null;
  }

  refuse(sentence) {
    this.refusal.textContent = sentence;
    this.refusal.hidden = !sentence;
    if (sentence) this.refusal.scrollIntoView({ block: "nearest" });
  }

  hear({ jobs, lost }) {
    const over = new Set(jobs.filter((view) => isFinal(view) && this.tells(view)).slice(-SHOWN));
    const shown = jobs.filter((view) => !isFinal(view) || over.has(view));
    const ids = new Set(shown.map(({ id }) => id));
    for (const id of this.cards.keys()) if (!ids.has(id)) this.remove(id);
    for (const view of shown) this.show(view, lost);
    this.empty.hidden = this.cards.size > 0;
    this.point();
  }

  /** What came to nothing and is no problem need not be shown to whoever did not see it happen. */
  tells({ id, state, pictures }) {
    return this.cards.has(id) || PROBLEMS.includes(state) || pictures.some(Boolean);
  }

  show(view, lost) {
    let card = this.cards.get(view.id);
    if (!card) {
      card = new Card(view);
      this.cards.set(view.id, card);
      this.list.prepend(card.root);
    }
    card.update(view, lost && !isFinal(view));
  }

  remove(id) {
    this.cards.get(id).root.remove();
    this.cards.delete(id);
    this.notes.delete(id);
  }
}
