// What was done on the canvas, kept on the desk: a reload or another device finds it.

import { beforeTold, lay, take, watch } from "./desk.js";
import { recent } from "./history.js";
import * as server from "./server.js";

const KEY = "studio.canvas";
const MOST = 400_000; // points, of some 15 letters each: half of what a desk holds
const PAUSE = 300;

const weight = ({ steps }) => steps.reduce((sum, { points }) => sum + (points?.length ?? 1), 0);
const pictureOf = ({ steps, place }) =>
  steps?.findLast?.(({ kind }, index) => kind === "picture" && index < place)?.picture;

export class Kept {
  constructor(history, opening) {
    Object.assign(this, { history, opening, timer: null, recalling: false });
    beforeTold(() => this.write());
    watch(KEY, (state) => this.restore(state));
    this.recall();
  }

  /** Soon: a hand that paints is not to wait for it. */
  keep() {
    if (this.recalling) return;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.write(), PAUSE);
  }

  write() {
    if (!this.timer) return; // nothing has changed
    clearTimeout(this.timer);
    this.timer = null;
    const state = this.history.state();
    lay(KEY, [state, recent(state)].find((each) => weight(each) <= MOST) ?? null); // nothing older comes back
  }

  /** Take up the last visit, unless the library has lost its picture or another one is there already. */
  async recall() {
    const { turn } = this.opening;
    const state = await take(KEY);
    const id = state && pictureOf(state)?.id;
    if (!id) return;
    const gone = await server.isGone(id); // a connection that broke off is no reason to forget
    if (turn !== this.opening.turn || this.history.steps.length) return;
    if (gone) lay(KEY, null);
    else this.restore(state);
  }

  restore(state) {
    if (!state) return;
    this.recalling = true; // what comes from the desk need not go there
    this.history.restore(state);
    this.recalling = false;
  }
}
