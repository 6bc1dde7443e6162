// The studio's HTTP doors, as far as the page uses them.

import { SERVER } from "./words.js";

const at = (path) => new URL(path, document.baseURI);

/** The sentence in an answer that refuses something. */
async function sentence(response) {
  try {
    return (await response.json()).message;
  } catch {
    return SERVER.answered(response.status, response.statusText);
  }
}

export async function ask(path, options) {
  let response;
  try {
    response = await fetch(at(path), options);
  } catch {
    throw new Error(SERVER.silent);
  }
  if (!response.ok) throw Object.assign(new Error(await sentence(response)), { status: response.status });
  return response.json();
}

const JSON_SENT = { "Content-Type": "application/json" };

const tell = (path) => ask(path, { method: "POST" });
const say = (path, value) => ask(path, { method: "POST", body: JSON.stringify(value), headers: JSON_SENT });
const job = (id) => `api/jobs/${encodeURIComponent(id)}`;
const result = (id) => `api/pictures/${encodeURIComponent(id)}`;

export const status = () => ask("api/status");
export const models = () => ask("api/models", { cache: "no-store" });
export const spoken = () => ask("api/models/spoken", { cache: "no-store" });
export const use = (reference) => say("api/models/use", { reference });
export const events = () => new EventSource(at("api/events"));
export const now = () => ask("api/events/now");

export const cancel = (id) => tell(`${job(id)}/cancel`);
export const retry = (id) => tell(`${job(id)}/retry`);
export const move = (id, to) => tell(`${job(id)}/move?to=${to}`);
export const preview = (id, index, version) => at(`${job(id)}/preview/${index}?v=${version}`).href;

export const sheet = (id, number) => at(`${job(id)}/sheet?number=${number}`).href;
export const wish = (typed) => say("api/wish", typed);
export const rounds = (size) => ask(`api/rounds?${new URLSearchParams(size)}`);

export const pause = () => tell("api/jobs/pause");
export const resume = () => tell("api/jobs/resume");
export const stop = (which) => tell(`api/jobs/stop?which=${which}`);
export const retryAll = () => tell("api/jobs/retry");
export const clear = () => tell("api/jobs/clear");

export const picture = (id) => at(result(id)).href;
export const proxy = (id) => at(`${result(id)}?side=1600`).href;
export const again = (id, count) => tell(`${result(id)}/again?count=${count}`);
export const vary = (id, how, count) => tell(`${result(id)}/vary?how=${how}&count=${count}`);
export const enlarge = (id) => tell(`${result(id)}/enlarge`);

export const desk = () => ask("api/desk", { cache: "no-store" });
export const lay = (changes, by) => say(`api/desk?by=${by}`, changes);
export const project = () => at("api/project").href;
export const openProject = (file) => ask("api/project", { method: "POST", body: file });

/** The same while the page is being left, when no answer can be waited for; browsers carry little then (64 KiB). */
export function layLast(changes, by) {
  const options = { method: "POST", body: JSON.stringify(changes), headers: JSON_SENT, keepalive: true };
  fetch(at(`api/desk?by=${by}`), options).catch(() => null);
}

/** Whether the library says that it does not have a picture; whatever else hinders it from coming may pass. */
export async function isGone(id) {
  const asking = new AbortController();
  try {
    return (await fetch(picture(id), { cache: "no-store", signal: asking.signal })).status === 404;
  } catch {
    return false;
  } finally {
    asking.abort(); // the status is enough
  }
}

/** Keep a picture or a mask; the answer names it. */
export function keep(blob, kind) {
  const headers = { "Content-Type": blob.type || "application/octet-stream" };
  return ask(`api/pictures${kind ? `?kind=${kind}` : ""}`, { method: "POST", body: blob, headers });
}
