// What can be done with a finished picture: by button, by menu, and by a key while it has the focus.

import { pick, picked } from "./compare.js";
import { fillIn, readField, writeField } from "./fields.js";
import * as library from "./gallery_doors.js";
import { openBeforeAfter } from "./lightbox.js";
import * as server from "./server.js";
import { send, shownTask } from "./tabs.js";
import { say } from "./toast.js";
import { ACTIONS, COMMON, TITLES } from "./words.js";

const EDITS = ["image_to_image", "inpaint", "outpaint"];

/** The rows of the menu, in groups; `figure` has the `picture`, and is told of what becomes of it. */
export function groups(figure) {
  const { picture } = figure;
  const { id, count } = picture;
  const made = [
    row("A", ACTIONS.again, "again", () => begin(server.again(id, count))),
    row("V", ACTIONS.varyLittle, "vary", () => begin(server.vary(id, "subtle", count))),
    row("⇧V", ACTIONS.varyMuch, "vary", () => begin(server.vary(id, "strong", count))),
    row("E", ACTIONS.enlarge, "enlarge", () => begin(server.enlarge(id))),
  ];
  const look = () => openBeforeAfter(figure.card.finished, picture);
  const looked = [
    ...(picture.before ? [row("B", COMMON.beforeAndAfter, "compare", look)] : []),
    row("C", comparing(picture), "compare", () => pick(picture, figure.card.finished)),
  ];
  return [made, EDITS.map((task) => target(task, picture)), looked, seeds(picture), [away(figure)]];
}

const row = (key, label, icon, act) => ({ key, label, icon, act });

function comparing(picture) {
  if (!picked()) return ACTIONS.compareWith;
  return picked().id === picture.id ? ACTIONS.doNotCompare : ACTIONS.compareWithPicked;
}

function target(task, picture) {
  return { label: TITLES[task], icon: task, act: () => send(task, picture) };
}

const seeded = () => (shownTask() in TITLES ? shownTask() : "text_to_image");

function seeds({ seed }) {
  const kept = readField(`${seeded()}-seed`).trim() === String(seed);
  const toggle = () => (kept ? writeField(`${seeded()}-seed`, "") : fillIn(seeded(), "seed", seed));
  return [{ key: "K", label: ACTIONS.keepSeed(seed), icon: "lock", checked: kept, act: toggle }];
}

function away(figure) {
  return row("Del", ACTIONS.throwAway, "clear", () => throwAway(figure));
}

/** Put it on the canvas, and let the mode that is shown go on from there; nothing goes on from a prompt alone. */
export function use(picture) {
  const task = shownTask();
  send(EDITS.includes(task) ? task : "image_to_image", picture);
}

export async function mark(figure) {
  const { picture } = figure;
  if (!(await decided(library.say([picture.id], { star: !picture.star })))) return;
  picture.star = !picture.star;
  figure.marked();
}

/** Out of sight at once, and back again if that was a mistake. */
export async function throwAway(figure) {
  if (!(await decided(library.trash([figure.picture.id])))) return;
  figure.vanish();
  say(ACTIONS.thrownAway, { label: COMMON.undo, act: () => takeBack(figure) });
}

async function takeBack(figure) {
  if (await decided(library.restore([figure.picture.id]))) figure.appear();
}

/** Whether the library did it; where not, why is said. */
async function decided(answer) {
  const { problems } = await answer.catch((error) => ({ problems: [error.message] }));
  if (problems.length) say(problems[0]);
  return !problems.length;
}

async function begin(answer) {
  try {
    const { job } = await answer;
    document.dispatchEvent(new CustomEvent("studio:begun", { detail: job }));
  } catch (error) {
    say(error.message);
  }
}

/** The act that a key stands for while a picture has the focus, or undefined. */
export function actOf(event, figure) {
  if (event.ctrlKey || event.metaKey || event.altKey) return undefined;
  const name = event.key === "Delete" ? "Del" : (event.shiftKey ? "⇧" : "") + event.key.toUpperCase();
  const own = { U: () => use(figure.picture), S: () => mark(figure) };
  return own[name] ?? groups(figure).flat().find(({ key }) => key === name)?.act;
}
