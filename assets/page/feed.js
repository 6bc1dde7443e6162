// Following jobs.  Browsers allow few connections to one host, so the page holds one event stream: for the oldest open
// job, which is the one that runs.  The jobs waiting behind it are asked now and then.

import * as server from "./server.js";

// gone: the studio does not know it (any more)
const FINAL = new Set(["done", "failed", "cancelled", "quarantined", "gone"]);
const PAUSE = 2000;

const open = new Map(); // id → seen, oldest first
let stream = null;

export const isFinal = (view) => FINAL.has(view.state);

/** Call `seen(view)` with what a job is and becomes. */
export async function follow(id, seen) {
  open.set(id, seen);
  await look(id);
  pump();
}

async function look(id) {
  tell(id, await server.job(id).catch((error) => unknown(id, error)));
}

function unknown(id, { status, message }) {
  return status === 404 ? { id, state: "gone", message } : { id, lost: true };
}

function tell(id, view) {
  const seen = open.get(id);
  if (isFinal(view)) drop(id); // first, so that a job is over whatever comes of telling it
  seen?.(view);
}

function drop(id) {
  open.delete(id);
  if (stream?.job === id) {
    stream.source.close();
    stream = null;
  }
  pump();
}

/** Keep one stream open as long as there is a job to follow. */
function pump() {
  if (document.hidden || stream || !open.size) return;
  const [id] = open.keys();
  const source = server.events(id);
  stream = { job: id, source };
  source.onmessage = (event) => tell(id, JSON.parse(event.data));
  source.onerror = () => {
    if (stream?.source !== source) return;
    tell(id, { id, lost: true });
    if (source.readyState !== EventSource.CLOSED) return; // the browser tries again by itself
    stream = null;
    setTimeout(() => look(id).then(pump), PAUSE);
  };
}

// A browser grants six connections to a host, and a stream is one of them: only windows that are seen have one.
document.addEventListener("visibilitychange", () => {
  if (!document.hidden) return pump();
  stream?.source.close();
  stream = null;
});

setInterval(() => {
  for (const id of open.keys()) if (stream?.job !== id) look(id);
}, PAUSE);
