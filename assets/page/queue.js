// The queue: what runs, what waits and in which order, and what went wrong; for all jobs, whoever began them.

import { calm } from "./calm.js";
import { button, el } from "./dom.js";
import { follow, learn, now, open } from "./feed.js";
import { attachPanel } from "./panel.js";
import * as server from "./server.js";
import { allowed, notifies, setAllowed } from "./title.js";
import { say } from "./toast.js";
import { COMMON, QUEUE, TITLES, headline } from "./words.js";

const BAD = ["failed", "quarantined"];

/** The button that opens it, with the number of open jobs. */
export function queueButton() {
  const count = el("span", { class: "count", hidden: true });
  const opener = button(QUEUE.queue, "queue", undefined, { class: "tool queue" });
  opener.append(count);
  const queue = new Queue();
  attachPanel(opener, QUEUE.queue, queue.parts);
  follow((state) => {
    const { length } = open(state);
    count.hidden = !length;
    count.textContent = length;
    opener.setAttribute("aria-label", length ? QUEUE.open(length) : QUEUE.queue);
    queue.hear(state);
  });
  return opener;
}

class Queue {
  constructor() {
    this.rows = new Map();
    this.list = el("ol", { class: "rows" });
    this.empty = el("p", { class: "quiet" }, QUEUE.empty);
    this.hold = button(QUEUE.pause, "pause", () => ask(now().paused ? server.resume() : server.pause()));
    this.stop = button(QUEUE.stopAll, "stop", () => ask(server.stop("open")), { class: "tool danger" });
    this.drop = button(QUEUE.clearWaiting, "clear", () => ask(server.stop("waiting")));
    this.again = button(QUEUE.retryFailed, "again", () => ask(server.retryAll()));
    this.halted = el("p", { class: "halted", role: "status", hidden: true }, QUEUE.halted);
    this.tidy = button(QUEUE.clearFinished, "clear", () => ask(server.clear()), { title: QUEUE.clearFinishedHint });
    const bar = el("div", { class: "bar-of-tools" }, this.hold, this.again, this.drop, this.tidy, this.stop);
    this.parts = [el("h2", {}, QUEUE.queue), this.halted, this.empty, this.list, bar, wish()];
  }

  hear(state) {
    const bad = state.jobs.filter((view) => BAD.includes(view.state)).reverse();
    const jobs = open(state);
    const waiting = jobs.filter((view) => view.state === "queued");
    const shown = [...jobs, ...bad];
    this.arrange(shown);
    for (const view of shown) this.rows.get(view.id).update(view, waiting.indexOf(view), waiting.length);
    this.empty.hidden = shown.length > 0;
    this.halted.hidden = !state.paused;
    label(this.hold, state.paused ? QUEUE.resume : QUEUE.pause);
    this.stop.disabled = !jobs.length;
    this.drop.disabled = !waiting.length;
    this.again.disabled = !bad.length;
    this.tidy.disabled = jobs.length === state.jobs.length;
  }

  /** Only what has to is moved, and what has the focus keeps it. */
  arrange(views) {
    const ids = new Set(views.map(({ id }) => id));
    for (const [id, row] of this.rows) if (!ids.has(id)) (row.root.remove(), this.rows.delete(id));
    const held = document.activeElement;
    views.forEach(({ id }, place) => {
      if (!this.rows.has(id)) this.rows.set(id, new Row(id));
      const { root } = this.rows.get(id);
      if (this.list.children[place] !== root) this.list.insertBefore(root, this.list.children[place] ?? null);
    });
    if (held !== document.activeElement && this.list.contains(held)) held.focus();
  }
}

class Row {
  constructor(id) {
    this.place = el("span", { class: "place", "aria-hidden": "true" });
    this.said = el("p", { class: "said" });
    this.state = el("p", { class: "state" });
    this.up = button(QUEUE.up, "up", () => ask(server.move(id, this.at - 1), true), { bare: true });
    this.down = button(QUEUE.down, "down", () => ask(server.move(id, this.at + 1), true), { bare: true });
    this.retry = button(COMMON.retry, "again", () => ask(server.retry(id), true), { bare: true });
    this.cancel = button(COMMON.cancel, "close", () => ask(server.cancel(id), true), { bare: true });
    const acts = el("div", { class: "acts" }, this.up, this.down, this.retry, this.cancel);
    this.root = el("li", { "data-job": id }, this.place, el("div", { class: "words" }, this.said, this.state), acts);
  }

  update(view, at, waiting) {
    this.at = at;
    this.left = calm(this.left, view.seconds_left);
    const bad = BAD.includes(view.state);
    const pictures = view.count > 1 ? ` · ${QUEUE.pictures(view.count)}` : "";
    text(this.place, at < 0 ? (bad ? "!" : "▸") : String(at + 1));
    text(this.said, view.prompt || COMMON.noPrompt);
    text(this.state, `${TITLES[view.task] ?? view.task}${pictures} · ${bad ? why(view) : how(view, this.left)}`);
    this.root.dataset.state = view.state;
    this.up.hidden = this.down.hidden = at < 0;
    this.up.disabled = at === 0;
    this.down.disabled = at === waiting - 1;
    this.retry.hidden = !bad;
    this.cancel.hidden = bad;
  }
}

const why = (view) => `${headline(view)}: ${view.message || QUEUE.unexplained}`;
const how = (view, left) => headline({ ...view, seconds_left: left });

function text(node, words) {
  if (node.textContent !== words) node.textContent = words;
}

function label(button, words) {
  text(button.querySelector("span"), words);
}

async function ask(answer, one = false) {
  try {
    const view = await answer;
    if (one) learn(view);
  } catch (error) {
    say(error.message);
  }
}

/** A person may wish to be told by the system when the last job is done; nothing is told unasked. */
function wish() {
  const box = el("input", { type: "checkbox", checked: allowed() });
  box.addEventListener("change", async () => {
    box.checked = await setAllowed(box.checked);
  });
  return el("label", { class: "wish", hidden: !notifies }, box, QUEUE.notify);
}
