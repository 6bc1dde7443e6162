// The queue: what runs, what waits and in which order, and what went wrong; for all jobs, whoever began them.

import { button, el } from "./dom.js";
import { follow, learn, now, open } from "./feed.js";
import { attachPanel } from "./panel.js";
import * as server from "./server.js";
import { TITLES } from "./tabs.js";
import { say } from "./toast.js";
import { allowed, notifies, setAllowed } from "./title.js";
import { calm, headline } from "./words.js";

const BAD = ["failed", "quarantined"];
const HALTED = "Paused: what runs goes on, nothing else begins.";

/** The button that opens it, with the number of open jobs. */
export function queueButton() {
  const count = el("span", { class: "count", hidden: true });
  const opener = button("Queue", "queue", undefined, { class: "tool queue" });
  opener.append(count);
  const queue = new Queue();
  attachPanel(opener, "Queue", queue.parts);
  follow((state) => {
    const { length } = open(state);
    count.hidden = !length;
    count.textContent = length;
    opener.setAttribute("aria-label", length ? `Queue: ${length} open` : "Queue");
    queue.hear(state);
  });
  return opener;
}

class Queue {
  constructor() {
    this.rows = new Map();
    this.list = el("ol", { class: "rows" });
    this.empty = el("p", { class: "quiet" }, "Nothing waits.");
    this.hold = button("Pause", "pause", () => ask(now().paused ? server.resume() : server.pause()));
    this.stop = button("Stop all", "stop", () => ask(server.stop("open")), { class: "tool danger" });
    this.drop = button("Clear waiting", "clear", () => ask(server.stop("waiting")));
    this.again = button("Retry failed", "again", () => ask(server.retryAll()));
    this.halted = el("p", { class: "halted", role: "status", hidden: true }, HALTED);
    const stays = "Their pictures stay in the gallery";
    this.tidy = button("Clear finished", "clear", () => ask(server.clear()), { title: stays });
    const bar = el("div", { class: "bar-of-tools" }, this.hold, this.again, this.drop, this.tidy, this.stop);
    this.parts = [el("h2", {}, "Queue"), this.halted, this.empty, this.list, bar, wish()];
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
    label(this.hold, state.paused ? "Resume" : "Pause");
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
    this.up = button("Move up", "up", () => ask(server.move(id, this.at - 1), true), { bare: true });
    this.down = button("Move down", "down", () => ask(server.move(id, this.at + 1), true), { bare: true });
    this.retry = button("Retry", "again", () => ask(server.retry(id), true), { bare: true });
    this.cancel = button("Cancel", "close", () => ask(server.cancel(id), true), { bare: true });
    const acts = el("div", { class: "acts" }, this.up, this.down, this.retry, this.cancel);
    this.root = el("li", { "data-job": id }, this.place, el("div", { class: "words" }, this.said, this.state), acts);
  }

  update(view, at, waiting) {
    this.at = at;
    this.left = calm(this.left, view.seconds_left);
    const bad = BAD.includes(view.state);
    const pictures = view.count > 1 ? ` · ${view.count} pictures` : "";
    text(this.place, at < 0 ? (bad ? "!" : "▸") : String(at + 1));
    text(this.said, view.prompt || "(no prompt)");
    text(this.state, `${TITLES[view.task] ?? view.task}${pictures} · ${bad ? why(view) : how(view, this.left)}`);
    this.root.dataset.state = view.state;
    this.up.hidden = this.down.hidden = at < 0;
    this.up.disabled = at === 0;
    this.down.disabled = at === waiting - 1;
    this.retry.hidden = !bad;
    this.cancel.hidden = bad;
  }
}

const why = (view) => `${headline(view)}: ${view.message || "without a reason"}`;
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
  return el("label", { class: "wish", hidden: !notifies }, box, "Notify me when all is done");
}
