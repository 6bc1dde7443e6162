// The gallery: everything in the library, the newest first.  It follows the library while it is shown, so that new pictures
// appear by themselves.

import { button, el } from "./dom.js";
import { chooseFile } from "./drop.js";
import { Bar } from "./gallery_bar.js";
import { Decide } from "./gallery_decide.js";
import { Detail } from "./gallery_detail.js";
import * as doors from "./gallery_doors.js";
import { Filters } from "./gallery_filters.js";
import { Grid } from "./gallery_grid.js";
import { GALLERY } from "./gallery_words.js";
import { showTab, shownTask, watchTabs } from "./tabs.js";

const PAUSE = 2500;
const PAGE = 60;
const MOST_AT_ONCE = 200;

export function mount({ element }) {
  new Gallery(element.querySelector(".studio-gallery"));
}

class Gallery {
  constructor(root) {
    this.root = root;
    this.pictures = [];
    this.next = "";
    this.turn = 0; // grows with every search, so that an answer that comes late is known to be
    this.known = { tags: {}, collections: {} };
    this.decide = new Decide((ids) => this.follow(ids));
    this.filters = new Filters(() => this.load());
    this.grid = new Grid({
      more: () => this.more(),
      open: (picture) => this.detail.open(picture.id),
      chose: (ids) => this.chose(ids),
      keyed: (key, pictures) => this.keyed(key, pictures),
    });
    this.bar = new Bar(this.decide, () => this.select(false), (kind) => Object.keys(this.known[kind]));
    this.detail = new Detail(this.decide, {
      siblings: () => this.pictures,
      names: (kind) => Object.keys(this.known[kind]),
      closed: (id) => this.grid.focus(id),
    });
    this.furnish();
    watchTabs((tab) => tab === "gallery" && this.look());
    document.addEventListener("visibilitychange", () => this.look());
    setInterval(() => this.look(), PAUSE);
    this.load();
  }

  furnish() {
    this.count = el("p", { class: "count", role: "status" });
    this.selecting = button(GALLERY.select, "check", () => this.select(!this.grid.selecting), { "aria-pressed": "false" });
    const reading = GALLERY.read;
    const file = button(reading, "open", chooseFile, { class: "tool reads", "aria-label": reading, title: reading });
    this.emptying = button(GALLERY.emptyTrash, "clear", () => this.empty(), { class: "tool alarming", hidden: true });
    const acts = el("div", { class: "acts" }, this.count, this.emptying, this.selecting, file);
    this.problem = el("p", { class: "alert", role: "alert", hidden: true });
    this.nothing = el("div", { class: "nothing", hidden: true });
    const head = el("div", { class: "head-row" }, this.filters.root, acts);
    this.root.replaceChildren(head, this.problem, this.bar.root, this.grid.root, this.nothing);
  }

  /** Look for something else. */
  async load() {
    this.filters.mark();
    this.grid.choose([]);
    await this.fetch(true, () => this.pages(PAGE), (found) => this.take(found));
    this.root.dataset.ready = "";
    if (this.grid.near) this.more();
  }

  /** The next page, if there is one. */
  async more() {
    if (!this.next || this.fetching) return;
    this.fetching = true;
    const { next } = this;
    await this.fetch(false, () => doors.find({ ...this.filters.query, cursor: next }), (page) => {
      const there = new Set(this.pictures.map(({ id }) => id));
      this.take({ ...page, pictures: [...this.pictures, ...page.pictures.filter(({ id }) => !there.has(id))] });
    });
    this.fetching = false;
    if (this.grid.near && this.next !== next) this.more();
  }

  /** What has come or gone, and what else is true of the pictures that have `changed`; one look after the other. */
  async follow(changed = []) {
    this.waiting = [...(this.waiting ?? []), ...changed];
    this.following ??= this.catchUp().finally(() => (this.following = null));
    await this.following;
  }

  async catchUp() {
    while (this.waiting) {
      const changed = this.waiting;
      this.waiting = null;
      await this.compare(changed);
      this.detail.follow(changed);
      const idle = changed.length && document.activeElement === document.body;
      if (idle) this.grid.focus(changed[0]); // the keys go on from there
    }
    if (this.grid.near) this.more();
  }

  /** All that is shown is asked again where pictures of it have `changed`, else only the newest. */
  compare(changed) {
    const loaded = Math.max(this.pictures.length, PAGE);
    const most = changed.length ? loaded : Math.min(loaded, MOST_AT_ONCE);
    return this.fetch(true, () => this.pages(most), (found) => {
      const there = new Set(found.pictures.map(({ id }) => id));
      const below = loaded > most && found.next ? this.pictures.slice(most).filter(({ id }) => !there.has(id)) : [];
      this.take({ ...found, pictures: [...found.pictures, ...below], next: below.length ? this.next : found.next });
    });
  }

  /** The first `most` pictures. */
  async pages(most) {
    const found = { pictures: [], next: "" };
    do {
      const limit = Math.min(most - found.pictures.length, MOST_AT_ONCE);
      const page = await doors.find({ ...this.filters.query, limit, cursor: found.next });
      found.pictures.push(...page.pictures);
      found.next = page.next;
      found.count ??= page.count;
    } while (found.next && found.pictures.length < most);
    return found;
  }

  take({ pictures, next, count = this.total }) {
    Object.assign(this, { pictures, next, total: count });
  }

  /** `fresh`: what was asked before is no longer waited for. */
  async fetch(fresh, find, take) {
    const turn = fresh ? (this.turn += 1) : this.turn;
    try {
      const [found, tally] = await Promise.all([find(), fresh ? doors.tally() : this.known]);
      if (turn !== this.turn) return;
      this.known = tally;
      take(found);
      this.say("");
      this.show();
    } catch (error) {
      if (turn === this.turn) this.say(error.message);
    }
  }

  show() {
    this.filters.offer(this.known);
    this.grid.show(this.pictures);
    this.count.textContent = GALLERY.count(this.total ?? 0);
    this.count.hidden = !this.total;
    this.emptying.hidden = !this.filters.trashed || !this.known.trashed;
    this.sure(false);
    this.selecting.hidden = !this.pictures.length;
    this.nothing.hidden = this.pictures.length > 0;
    if (!this.pictures.length) this.nothing.replaceChildren(...this.emptiness());
  }

  emptiness() {
    const words = ([title, text]) => [el("h3", {}, title), el("p", {}, text)];
    if (this.filters.trashed) return words(GALLERY.noneTrashed);
    const all = button(GALLERY.all, "close", () => this.filters.reset());
    if (this.filters.narrow) return [...words(GALLERY.none), all];
    const make = button(GALLERY.makeFirst, "next", () => showTab("text_to_image"));
    return [...words(GALLERY.noneYet), make];
  }

  say(problem) {
    this.problem.textContent = problem;
    this.problem.hidden = !problem;
  }

  /** Whether anything has happened in the library; the answer costs next to nothing. */
  async look() {
    if (document.hidden || shownTask() !== "gallery") return;
    const { stamp } = await doors.stamp().catch(() => ({}));
    if (!stamp || stamp === this.stamp) return;
    const first = this.stamp === undefined;
    this.stamp = stamp;
    if (!first) this.follow();
  }

  // Choosing

  select(selecting) {
    this.grid.selecting = selecting;
    this.selecting.setAttribute("aria-pressed", String(selecting));
    this.root.classList.toggle("selecting", selecting);
    if (!selecting) this.grid.choose([]);
  }

  chose(ids) {
    const chosen = new Set(ids);
    this.root.classList.toggle("choosing", chosen.size > 0);
    this.bar.show(this.pictures.filter(({ id }) => chosen.has(id)));
  }

  keyed(key, pictures) {
    if (key === "s") return this.decide.star(pictures, !pictures.every(({ star }) => star));
    return pictures[0].trashed ? this.decide.restore(pictures) : this.decide.trash(pictures);
  }

  /** Asked twice, since nothing brings these pictures back. */
  empty() {
    if (this.emptying.dataset.sure !== undefined) return this.decide.empty();
    this.sure(true);
  }

  sure(asked) {
    if (asked) this.emptying.dataset.sure = "";
    else delete this.emptying.dataset.sure;
    const count = this.known.trashed;
    this.emptying.querySelector("span").textContent = asked ? GALLERY.reallyEmpty(count) : GALLERY.emptyTrash;
  }
}
