// The live view of a tab: one card a job, the newest first.  The browser keeps the jobs' names, so that a reload, a
// closed tab or a lost connection loses nothing: the cards come back and follow on.

import { Card } from "./card.js";
import { el } from "./dom.js";
import { follow, isFinal } from "./feed.js";
import { released } from "./generate.js";
import { local } from "./store.js";

const SHOWN = 6;

export function mount({ element, props, watch }) {
  const view = new LiveView(element.querySelector(".studio-live"), props.task, props.hint);
  watch("value", () => view.take(props.value));
}

class LiveView {
  constructor(root, task, hint) {
    this.task = task;
    this.cards = new Map();
    this.refusal = el("p", { class: "alert", role: "alert", hidden: true });
    this.list = el("div", { class: "cards" });
    this.empty = el("p", { class: "hint" }, hint);
    root.replaceChildren(this.refusal, this.list, this.empty);
    for (const entry of this.remembered().reverse()) this.add(entry);
    root.dataset.ready = "";
  }

  /** What Generate answered: a job to follow, or why there is none. */
  take(value) {
    if (!value) return;
    released(this.task);
    this.say(value.refusal ?? "");
    if (!value.job || this.cards.has(value.job)) return;
    this.add(value);
    const entries = [value, ...this.remembered().filter((entry) => entry.job !== value.job)];
    this.remember(entries.filter((entry, place) => place < SHOWN || !entry.view)); // what still runs is kept
    this.cards.get(value.job).root.firstElementChild.scrollIntoView({ block: "nearest" });
  }

  say(sentence) {
    this.refusal.textContent = sentence;
    this.refusal.hidden = !sentence;
    if (sentence) this.refusal.scrollIntoView({ block: "nearest" });
  }

  add(entry) {
    const card = new Card(this.task, entry);
    this.cards.set(entry.job, card);
    this.list.prepend(card.root);
    this.empty.hidden = true;
    if (entry.view) card.update(entry.view);
    else follow(entry.job, (view) => this.seen(card, view));
    const over = [...this.cards].filter(([, card]) => card.over).map(([job]) => job);
    for (const old of over.slice(0, Math.max(0, this.cards.size - SHOWN))) this.remove(old);
  }

  /** What came of a job is kept with its name, since the studio forgets jobs but not pictures. */
  seen(card, view) {
    card.update(view);
    if (!isFinal(view)) return;
    const kept = this.remembered();
    const entry = kept.find(({ job }) => job === card.job);
    if (entry) Object.assign(entry, { view });
    this.remember(kept.filter(({ view }) => view?.state !== "gone"));
  }

  remove(job) {
    this.cards.get(job)?.root.remove();
    this.cards.delete(job);
    this.empty.hidden = this.cards.size > 0;
  }

  remembered() {
    return local.get(`studio.jobs.${this.task}`, []);
  }

  remember(entries) {
    local.set(`studio.jobs.${this.task}`, entries);
  }
}
