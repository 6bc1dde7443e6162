// What was done on the canvas, kept in the browser: a reload loses nothing.

import { recent } from "./history.js";
import * as server from "./server.js";
import { local } from "./store.js";

const KEY = "studio.canvas";
const MOST = 60_000; // points, of some 15 characters each; browsers grant about five times that
const PAUSE = 300;

const weight = ({ steps }) => steps.reduce((sum, { points }) => sum + (points?.length ?? 1), 0);

export class Kept {
  constructor(history, opening) {
    Object.assign(this, { history, opening, timer: null });
    addEventListener("pagehide", () => this.write());
    this.recall();
  }

  /** Soon: a hand that paints is not to wait for it. */
  keep() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.write(), PAUSE);
  }

  write() {
    if (!this.timer) return; // nothing has changed
    clearTimeout(this.timer);
    this.timer = null;
    local.remove(KEY); // so that nothing older comes back where this cannot be kept
    const state = this.history.state();
    const fits = [state, recent(state)].find((each) => weight(each) <= MOST);
    if (fits) local.set(KEY, fits);
  }

  /** Take up the last visit, unless the library has lost its picture or another one is there already. */
  async recall() {
    const state = local.get(KEY);
    const id = state?.steps?.findLast?.(({ kind }, place) => kind === "picture" && place < state.place)?.picture?.id;
    if (!id) return;
    const { turn } = this.opening;
    const gone = await server.isGone(id); // a connection that broke off is no reason to forget
    if (turn !== this.opening.turn || this.history.steps.length) return;
    if (gone) local.remove(KEY);
    else this.history.restore(state);
  }
}
