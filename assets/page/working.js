// What is becoming of the picture on the canvas, in its own place while a run works on it: of an inpainting within the mask,
// of an outpainting around the picture.  Results are never put there; they are candidates, which a person takes.

import { lay, take, watch } from "./desk.js";
import { el } from "./dom.js";
import { follow } from "./feed.js";
import { proxySize } from "./geometry.js";
import { changed, preference } from "./preferences.js";
import * as server from "./server.js";
import { cutOut } from "./stencils.js";
import { watchTabs } from "./tabs.js";

const KEY = "studio.working"; // job → what was sent for it, so that a reload or another device knows it too
const MOST = 20; // jobs of which that is kept

export class Working {
  /** `easel` has the `picture` that is shown, the `mode`, the `mask`, and the `sheet` on which all lies. */
  constructor(easel) {
    Object.assign(this, { easel, jobs: [], asked: {}, sent: null, cut: {}, left: null, key: "", loading: false });
    this.canvas = el("canvas", { class: "working", "aria-hidden": "true", hidden: true });
    easel.sheet.append(this.canvas);
    document.addEventListener("studio:asked", ({ detail }) => this.remember(detail));
    document.addEventListener("studio:picture", () => this.look());
    easel.port.addEventListener("pointerdown", () => this.leave());
    watchTabs(() => this.look());
    changed(() => this.look());
    follow(({ jobs }) => this.look(jobs));
    watch(KEY, (asked) => this.recall(asked));
    take(KEY).then((asked) => this.recall(asked));
  }

  /** What is being sent: the names of the picture, which a job calls by its pixels, and of the mask. */
  sends({ picture, mask }) {
    this.sent = picture ? { picture, mask } : null;
  }

  /** It has become this job. */
  remember(job) {
    if (!this.sent) return;
    this.asked = Object.fromEntries(Object.entries({ ...this.asked, [job]: this.sent }).slice(-MOST));
    this.sent = null;
    lay(KEY, this.asked);
    this.look();
  }

  recall(asked) {
    this.asked = { ...asked, ...this.asked };
    this.look();
  }

  /** Whoever paints on is not to have it over the brush. */
  leave() {
    if (this.easel.mode !== "inpaint" || this.canvas.hidden) return;
    this.left = this.key.split(" ")[0];
    this.hide();
  }

  look(jobs = this.jobs) {
    this.jobs = jobs;
    const view = jobs.find((each) => this.concerns(each));
    const index = view ? latest(view) : -1;
    if (index < 0) this.hide();
    else this.show(view, index);
  }

  /** Whether a job works on the picture that is shown, as the mode that is shown would. */
  concerns({ id, state, task, source }) {
    const { picture, mode } = this.easel;
    if (!picture || state !== "running" || task !== mode || id === this.left || !preference("canvas")) return false;
    return source === picture.id || this.asked[id]?.picture === picture.id;
  }

  hide() {
    this.canvas.hidden = true;
    this.key = "";
  }

  /** While one preview is on its way, the next ones are skipped. */
  async show(view, index) {
    const key = `${view.id} ${index} ${view.previews[index]}`;
    if (this.loading || key === this.key) return;
    this.loading = true;
    this.key = key;
    const image = el("img", { alt: "", src: server.preview(view.id, index, view.previews[index]) });
    const arrived = await Promise.all([this.maskOf(view), image.decode()]).catch(() => null);
    this.loading = false;
    if (arrived && this.key === key) this.draw(image, arrived[0], view, view.places[index]);
  }

  /** The mask that was sent; where that is not known, or gone, the one that is there now. */
  async maskOf({ id, task }) {
    const sent = task === "inpaint" && this.asked[id]?.mask;
    if (sent && this.cut.sent !== sent) {
      const large = proxySize(this.easel.picture).width < this.easel.picture.width;
      this.cut = { sent, mask: cutOut(large ? server.proxy(sent) : server.picture(sent)).catch(() => null) };
    }
    return (sent && (await this.cut.mask)) || this.easel.mask.canvas;
  }

  draw(image, mask, { task }, [left, top, width, height]) {
    const { picture } = this.easel;
    const around = task === "outpaint";
    const size = around ? { width: image.naturalWidth, height: image.naturalHeight } : proxySize(picture);
    Object.assign(this.canvas, size); // clears it, too
    const context = this.canvas.getContext("2d");
    const [across, down] = [size.width / picture.width, size.height / picture.height];
    if (around) context.drawImage(image, 0, 0);
    else context.drawImage(image, left * across, top * down, width * across, height * down);
    if (task === "inpaint") this.within(context, mask);
    const share = (pixels, side) => `${(100 * pixels) / side}%`;
    const box = around ? [left, top, width, height] : [0, 0, picture.width, picture.height];
    const [x, y, w, h] = box.map((pixels, at) => share(pixels, at % 2 ? picture.height : picture.width));
    Object.assign(this.canvas.style, { left: x, top: y, width: w, height: h });
    this.canvas.hidden = false;
  }

  within(context, mask) {
    context.globalCompositeOperation = "destination-in";
    context.drawImage(mask, 0, 0, context.canvas.width, context.canvas.height);
    context.globalCompositeOperation = "source-over";
  }
}

/** The number of the picture whose preview came last and can be shown in its place; -1 where there is none. */
function latest({ previews, pictures, places }) {
  const shown = previews.map((version, index) => (version && places[index] && !pictures[index] ? version : 0));
  const last = Math.max(0, ...shown);
  return last ? shown.indexOf(last) : -1;
}
