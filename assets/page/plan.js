// What an outpainting will do, in words and as outlines: how many rounds, in which order, and how large the picture is
// after each.  The studio plans it (`studio/api/rounds.py`); it is asked whenever the margins or the picture change.

import { current } from "./canvas.js";
import { el } from "./dom.js";
import { readField, watchField } from "./fields.js";
import * as server from "./server.js";
import { watchTabs } from "./tabs.js";
import { PLAN } from "./words.js";

const SIDES = ["left", "top", "right", "bottom"];
const AXIS = { left: "x", right: "x", top: "y", bottom: "y" };
const PAUSE = 300;
const MOST = 6;

export function mount({ element, props: { task } }) {
  const plan = new Plan(element.querySelector(".studio-plan"), task);
  for (const side of SIDES) watchField(`${task}-${side}`, () => plan.soon());
  document.addEventListener("studio:picture", () => plan.soon());
  watchTabs((shown) => shown === task && plan.soon());
}

class Plan {
  constructor(root, task) {
    Object.assign(this, { root, task, timer: null, asked: "" });
    root.setAttribute("aria-live", "polite");
  }

  soon() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.ask(), PAUSE);
  }

  /** Ask for what stands there now; an answer that is overtaken by another question is dropped. */
  async ask() {
    const picture = current();
    const margins = Object.fromEntries(SIDES.map((side) => [side, Number(readField(`${this.task}-${side}`)) || 0]));
    const size = picture && { width: picture.width, height: picture.height, ...margins };
    const asked = JSON.stringify(size);
    if (asked === this.asked) return;
    this.asked = asked;
    const rounds = size ? await server.rounds(size).catch(() => []) : []; // what is wrong with it, Generate says
    if (asked !== this.asked) return;
    this.root.replaceChildren(...told(rounds));
    draw(rounds, margins);
  }
}

/** Within the frame on the canvas: where the picture ends after each round but the last. */
function draw(rounds, margins) {
  const frame = document.querySelector("#canvas .frame");
  for (const old of frame?.querySelectorAll(".round") ?? []) old.remove();
  const left = { ...margins }; // still to be added
  for (const { added } of rounds.slice(0, -1)) {
    for (const [side, pixels] of Object.entries(added)) left[side] -= pixels;
    const { width, height } = rounds.at(-1);
    const inset = SIDES.map((side) => [side, `${(100 * left[side]) / (AXIS[side] === "x" ? width : height)}%`]);
    frame?.append(el("span", { class: "round", style: Object.fromEntries(inset), "aria-hidden": "true" }));
  }
}

function told(rounds) {
  if (!rounds.length) return [];
  const last = rounds.at(-1);
  const whole = `${last.width} × ${last.height}`;
  if (rounds.length === 1) return [el("p", {}, PLAN.one(whole, seen(last)))];
  const lines = rounds.slice(0, MOST).map((round) => el("li", {}, line(round)));
  const more = rounds.length > MOST && el("p", {}, PLAN.more(rounds.length - MOST));
  return [el("p", {}, PLAN.several(rounds.length, whole)), el("ol", {}, ...lines), more || ""];
}

function line(round) {
  const added = Object.entries(round.added).map(([side, pixels]) => `${PLAN.sides[side]} ${pixels}`);
  return `${added.join(", ")} → ${round.width} × ${round.height}${seen(round)}`;
}

const seen = ({ windows }) => (windows > 1 ? PLAN.windows(windows) : "");
