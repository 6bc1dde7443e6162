// The doors of the library, as far as the page uses them.

import { ask } from "./server.js";

const post = (path, body) =>
  ask(path, { method: "POST", body: JSON.stringify(body), headers: { "Content-Type": "application/json" } });
const named = (id) => `api/library/${encodeURIComponent(id)}`;
const at = (path) => new URL(path, document.baseURI).href;

/** What is asked, behind the question mark; what is empty is not asked. */
function asked(query) {
  const given = Object.entries(query).filter(([, value]) => value !== "" && value !== false && value != null);
  return given.length ? `?${new URLSearchParams(given)}` : "";
}

export const find = (query) => ask(`api/library${asked(query)}`);
export const tally = () => ask("api/library/tally");
export const stamp = () => ask("api/library/stamp");
export const about = (id) => ask(named(id));

/** Each answers with the ids that it was `done` to, and with the `problems` of the others. */
export const say = (ids, change) => post("api/library/say", { ids, ...change });
export const trash = (ids) => post("api/library/trash", { ids });
export const restore = (ids) => post("api/library/restore", { ids });
export const empty = () => post("api/library/empty", {});

export const thumbnail = (id, side = 320) => at(`api/library/thumbnails/${encodeURIComponent(id)}?side=${side}`);
export const copy = (id, kind, recipe) => at(`${named(id)}/as/${kind}?recipe=${recipe}`);
export const bundle = (ids) => at(`api/library/zip?ids=${ids.map(encodeURIComponent).join(",")}`);

/** The settings that a picture's file holds, or a text as A1111 writes it. */
export function read(file) {
  const headers = { "Content-Type": typeof file === "string" ? "text/plain" : "application/octet-stream" };
  return ask("api/library/read", { method: "POST", body: file, headers });
}
