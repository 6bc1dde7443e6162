// One picture of a job: a placeholder, then previews, then the saved file with what can be done with it.

import { button, el, icon } from "./dom.js";
import { fillIn } from "./fields.js";
import { openLightbox } from "./lightbox.js";
import * as server from "./server.js";
import { TITLES, send } from "./tabs.js";

const TARGETS = ["image_to_image", "inpaint", "outpaint"];
const TRIES = 3;
const PAUSE = 1000;

export class Figure {
  constructor(task, prompt) {
    this.task = task;
    this.prompt = prompt;
    this.picture = null;
    this.loading = false;
    this.tries = 0;
    this.image = el("img", { class: "preview", alt: "", hidden: true });
    this.root = el("figure", {}, el("div", { class: "screen" }, this.image));
  }

  /** Show a preview once it is there; while one loads, the next ones are skipped. */
  async preview(url) {
    if (this.picture || this.loading || this.image.src === url) return;
    this.loading = true;
    const next = el("img", { class: "preview", alt: "Preview", src: url });
    try {
      await next.decode();
      if (this.picture) return;
      this.image.replaceWith(next);
      this.image = next;
    } catch {
      // a preview that is gone again is no loss
    } finally {
      this.loading = false;
    }
  }

  /** The file is saved: show it, and let it be used. */
  finish(picture, siblings) {
    if (this.picture) return;
    const alt = picture.prompt || this.prompt || "A picture without a prompt"; // its own words: choices differ
    this.picture = { ...picture, alt, url: server.picture(picture.id) };
    const { url, width, height } = this.picture;
    const image = el("img", { src: url, alt, width, height, onerror: () => this.missed(image, enlarge) });
    const open = () => openLightbox(siblings(), this.picture);
    const enlarge = el("button", { type: "button", class: "screen", title: "Enlarge", onclick: open }, image);
    this.root.replaceChildren(enlarge, this.caption());
  }

  /** The picture did not come: hide it if it is no more, else try again and in the end say so; Download stays. */
  async missed(image, enlarge) {
    const { id, url } = this.picture;
    if (await server.isGone(id)) return (this.root.hidden = true);
    this.tries += 1;
    const again = `${url}?again=${this.tries}`; // the address alone would not be asked a second time
    if (this.tries <= TRIES) setTimeout(() => (image.src = again), PAUSE * this.tries);
    else enlarge.replaceWith(el("p", { class: "alert", role: "alert" }, "The picture could not be fetched."));
  }

  caption() {
    const { seed, url } = this.picture;
    const again = { class: "tool seed", title: "Use this seed again" };
    const reuse = button(`Seed ${seed}`, "seed", () => fillIn(this.task, "seed", seed), again);
    const naming = { title: "Download", "aria-label": "Download" };
    const save = el("a", { class: "tool", href: url, download: `seed-${seed}.png`, ...naming });
    save.append(icon("download"), el("span", {}, "Download"));
    const targets = TARGETS.map((task) => this.target(task));
    return el("figcaption", {}, reuse, el("div", { class: "actions" }, save, ...targets));
  }

  target(task) {
    const label = task === this.task ? `${TITLES[task]} again` : TITLES[task];
    const naming = { "data-send": task, title: `Put it on the canvas: ${label}`, "aria-label": label };
    return button(label, task, () => send(task, this.picture), naming);
  }

  /** The job ended without this picture. */
  drop() {
    this.root.hidden = !this.picture;
  }
}
