// The studio's HTTP doors, as far as the page uses them.

const at = (path) => new URL(path, document.baseURI);

/** The sentence in an answer that refuses something. */
async function sentence(response) {
  try {
    return (await response.json()).message;
  } catch {
    return `The studio answered ${response.status} ${response.statusText}.`;
  }
}

async function ask(path, options) {
  let response;
  try {
    response = await fetch(at(path), options);
  } catch {
    throw new Error("The studio does not answer: is it still running?");
  }
  if (!response.ok) throw Object.assign(new Error(await sentence(response)), { status: response.status });
  return response.json();
}

export const status = () => ask("api/status");
export const job = (id) => ask(`api/jobs/${encodeURIComponent(id)}`);
export const cancel = (id) => ask(`api/jobs/${encodeURIComponent(id)}/cancel`, { method: "POST" });
export const events = (id) => new EventSource(at(`api/jobs/${encodeURIComponent(id)}/events`));
export const preview = (id, index, version) =>
  at(`api/jobs/${encodeURIComponent(id)}/preview/${index}?v=${version}`).href;
export const picture = (id) => at(`api/pictures/${encodeURIComponent(id)}`).href;

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
