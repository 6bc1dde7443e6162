// One picture of a job: a placeholder, then previews, then the saved file with what can be done with it.

import { actOf, groups, mark, use } from "./actions.js";
import { button, el, icon } from "./dom.js";
import { openLightbox } from "./lightbox.js";
import { openMenu } from "./menu.js";
import { copy } from "./gallery_doors.js";
import { preference } from "./preferences.js";
import * as server from "./server.js";
import { CARD, COMMON } from "./words.js";

const TRIES = 3;
const PAUSE = 1000;
const ENDINGS = { png: "png", jpeg: "jpg", webp: "webp" };

export class Figure {
  constructor(card) {
    this.card = card;
    this.picture = null;
    this.loading = false;
    this.tries = 0;
    this.image = el("img", { class: "preview", alt: "", hidden: true });
    this.root = el("figure", {}, el("div", { class: "screen" }, this.image));
    this.root.addEventListener("keydown", (event) => this.key(event));
  }

  /** Show a preview once it is there; while one loads, the next ones are skipped. */
  async preview(url) {
    if (this.picture || this.loading || this.image.src === url || !preference("previews")) return;
    this.loading = true;
    const next = el("img", { class: "preview", alt: CARD.preview, src: url });
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
  finish(picture) {
    if (this.picture) return;
    const { source, margins, task, prompt, grid } = this.card.view;
    const count = grid ? 1 : this.card.view.count; // a cell is one of its kind
    const alt = picture.prompt || prompt || COMMON.wordless; // its own words: choices differ
    const before = source && { url: server.picture(source), margins, alt: COMMON.before };
    this.picture = { star: false, ...picture, alt, before, count, task, url: server.picture(picture.id) };
    const { url, width, height } = this.picture;
    const image = el("img", { src: url, alt, width, height, onerror: () => this.missed(image, enlarge) });
    const open = () => openLightbox(this.card.finished, this.picture);
    const enlarge = el("button", { type: "button", class: "screen", title: CARD.enlarge, onclick: open }, image);
    this.root.hidden = false;
    this.root.dataset.picture = picture.id;
    this.root.setAttribute("aria-label", alt);
    this.root.replaceChildren(enlarge, this.caption());
  }

  /** The picture did not come: hide it if it is no more, else try again and in the end say so; Download stays. */
  async missed(image, enlarge) {
    const { id, url } = this.picture;
    if (await server.isGone(id)) return (this.root.hidden = true);
    this.tries += 1;
    const again = `${url}?again=${this.tries}`; // the address alone would not be asked a second time
    if (this.tries <= TRIES) setTimeout(() => (image.src = again), PAUSE * this.tries);
    else enlarge.replaceWith(el("p", { class: "alert", role: "alert" }, CARD.pictureLost));
  }

  caption() {
    const { seed, url } = this.picture;
    const hint = { class: "tool use", title: CARD.useHint };
    const accept = button(CARD.use, "use", () => use(this.picture), hint);
    this.star = button(COMMON.star, "star", () => mark(this), { bare: true, class: "tool star" });
    const naming = { title: COMMON.download, "aria-label": COMMON.download };
    const save = el("a", { class: "tool", onclick: () => this.suit(), ...naming }, icon("download")); // it may be set otherwise by now
    this.save = save;
    this.suit();
    const more = button(CARD.more, "more", () => openMenu(more, groups(this), CARD.more), { bare: true, class: "tool more" });
    more.setAttribute("aria-haspopup", "menu");
    this.marked();
    const told = el("span", { class: "seed" }, COMMON.seed(seed));
    return el("figcaption", {}, accept, told, el("div", { class: "actions" }, this.star, save, more));
  }

  /** Download in the format that is set: the file itself, or a copy with its settings. */
  suit() {
    const { id, seed, url } = this.picture;
    const format = preference("format");
    this.save.href = format === "png" ? url : copy(id, format, true);
    this.save.download = `seed-${seed}.${ENDINGS[format] ?? "png"}`;
  }

  marked() {
    this.star.setAttribute("aria-pressed", this.picture.star);
  }

  key(event) {
    if (!this.picture || !event.target.closest("figcaption, .screen")) return;
    const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    const act = by ? () => this.card.beside(this, by).focus() : actOf(event, this);
    if (!act) return;
    event.preventDefault();
    act();
  }

  focus() {
    this.root.querySelector("button")?.focus();
  }

  /** It was thrown away; whatever had the focus in it, the next picture has it then. */
  vanish() {
    const [next, last] = [1, -1].map((by) => this.card.beside(this, by));
    if (this.root.contains(document.activeElement)) (next === this ? last : next).focus();
    this.root.hidden = true;
    this.card.tidy();
  }

  appear() {
    this.root.hidden = false;
    this.card.tidy();
  }

  /** The job ended without this picture. */
  drop() {
    if (!this.picture) this.root.hidden = true;
  }
}
