// What lies on the desk: kept by the studio, so that a reload or another device finds it as it was.  Whatever is laid down
// is told soon; what was not told when the page was left waits in the browser, which tells it when it comes back, unless
// another page than the one that was left has laid something down since.  Whoever comes back to a page is shown what another has laid there.

import * as server from "./server.js";
import { local } from "./store.js";

const PAUSE = 800;
const AGAIN = 5000;
const UNTOLD = "studio.desk.untold";
const LITTLE = 60_000; // letters that a browser still carries while a page is being left

const ME = crypto.randomUUID?.() ?? String(Math.random());
const watchers = new Map(); // key → what to do when another page has laid something there
const hands = []; // who may still hold something that they mean to lay down
let values = {};
let version = null;
let changes = {}; // not yet told
let sent = {}; // being told
let timer = null;
let telling = null;
let leaving = false;

/** Settles once the desk is known; a studio that does not answer has an empty one. */
export const known = look();

/** What lies under a key, once the desk is known. */
export async function take(key, otherwise = null) {
  await known;
  return changes[key] ?? values[key] ?? otherwise;
}

/** Lay a value down; null takes it away. */
export function lay(key, value) {
  changes[key] = value;
  if (!leaving) soon(PAUSE);
}

/** Call `laid(value)` when another page or device has laid something else there. */
export function watch(key, laid) {
  watchers.set(key, laid);
}

/** Before all is told, call `lays()`, which lays down what was being waited with. */
export function beforeTold(lays) {
  hands.push(lays);
}

/** Everything is with the studio when this settles. */
export async function told() {
  for (const lays of hands) lays();
  await telling?.catch(() => null);
  if (Object.keys(changes).length) await tell();
}

/** Take over all values of a project that was opened. */
export function replaced(desk) {
  changes = {};
  adopt(desk);
}

function soon(pause) {
  clearTimeout(timer);
  timer = setTimeout(() => tell().catch(() => soon(AGAIN)), pause);
}

function tell() {
  clearTimeout(timer);
  telling = (telling ?? known).catch(() => null).then(send); // one after another
  return telling;
}

async function send() {
  if (!Object.keys(changes).length) return;
  sent = changes;
  changes = {};
  try {
    const answer = await server.lay(sent, ME);
    const alone = answer.before === version;
    Object.assign(values, sent);
    ({ version } = answer);
    if (!alone) adopt(await server.desk());
  } catch (error) {
    changes = { ...sent, ...changes };
    throw error;
  } finally {
    sent = {};
  }
}

async function look() {
  const desk = await server.desk().catch(() => null);
  if (!desk) return;
  ({ version, values } = desk);
  const untold = local.get(UNTOLD);
  local.remove(UNTOLD);
  if (!untold || (untold.version !== version && untold.by !== desk.by)) return;
  changes = { ...untold.changes, ...changes };
  soon(0);
}

/** Whether somebody else has laid something since; what is changed here and not yet told goes before. */
async function lookAgain() {
  await telling?.catch(() => null);
  const desk = await server.desk().catch(() => null);
  if (desk && desk.version !== version) adopt(desk);
}

function adopt(desk) {
  const before = values;
  ({ version, values } = desk);
  for (const [key, laid] of watchers) {
    const same = JSON.stringify(before[key]) === JSON.stringify(values[key]);
    if (!same && !(key in changes)) laid(values[key] ?? null);
  }
}

document.addEventListener("visibilitychange", () => {
  if (!document.hidden) known.then(lookAgain);
});

function leave() {
  leaving = true;
  for (const lays of hands) lays();
  const untold = { ...sent, ...changes };
  if (!Object.keys(untold).length) return;
  local.set(UNTOLD, { version, by: ME, changes: untold });
  if (JSON.stringify(untold).length < LITTLE) server.layLast(untold, ME);
}

addEventListener("pagehide", leave);
addEventListener("pageshow", () => {
  leaving = false;
});
