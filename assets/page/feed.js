// What all jobs of the studio are and become, by one stream, however many there are and whoever began them.
// A browser grants six connections to a host, and a stream is one of them: only windows that are seen have one, the
// others ask now and then.

import * as server from "./server.js";

const FINAL = new Set(["done", "failed", "cancelled", "quarantined"]);
const PAUSE = 4000;

const views = new Map();
const hearers = new Set();
let places = new Map();
let known = false;
let paused = false;
let lost = false;
let source = null;

export const isFinal = (view) => FINAL.has(view.state);

/** Call `heard(now)` once something is known, and whenever it changes. */
export function follow(heard) {
  hearers.add(heard);
  if (known) heard(now());
  pump();
}

/** `jobs` as they came, `paused`, and whether the studio is `lost` at present. */
export function now() {
  const jobs = [...views.values()].sort((one, other) => places.get(one.id) - places.get(other.id));
  return { jobs, paused, lost };
}

/** The jobs that run, and behind them those that wait, in their order. */
export function open({ jobs }) {
  const place = (view) => (view.state === "running" ? -1 : view.position);
  return jobs.filter((view) => !isFinal(view)).sort((one, other) => place(one) - place(other));
}

/** A door has answered with the view of a job, before the stream tells of it. */
export function learn(view) {
  const newer = view.version > (views.get(view.id)?.version ?? Infinity);
  if (newer) take({ paused, jobs: [view] });
}

function take(message) {
  known = true;
  lost = false;
  paused = message.paused;
  if (message.ids) places = new Map(message.ids.map((id, place) => [id, place]));
  for (const view of message.jobs) views.set(view.id, view);
  for (const id of views.keys()) if (!places.has(id)) views.delete(id);
  tell();
}

function tell() {
  for (const heard of hearers) heard(now());
}

function miss() {
  lost = true;
  if (known) tell();
}

/** Keep one stream open. */
function pump() {
  if (document.hidden || source) return;
  const opened = server.events();
  source = opened;
  opened.onmessage = (event) => take(JSON.parse(event.data));
  opened.onerror = () => {
    if (source !== opened) return;
    miss();
    if (opened.readyState !== EventSource.CLOSED) return; // the browser tries again by itself
    source = null;
    setTimeout(pump, PAUSE);
  };
}

document.addEventListener("visibilitychange", () => {
  if (!document.hidden) return pump();
  source?.close();
  source = null;
});

setInterval(() => {
  if (document.hidden && known && open(now()).length) server.now().then(take, miss);
}, PAUSE);
