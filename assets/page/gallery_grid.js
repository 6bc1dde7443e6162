// The grid: rows of pictures, more of them as one scrolls; a click opens, Ctrl, Shift or Select chooses several.  Keys walk
// through it as through a list box, of which one picture at a time can be reached with Tab.

import { el } from "./dom.js";
import { Tile } from "./gallery_tile.js";
import { GALLERY } from "./gallery_words.js";

const AHEAD = "900px";

export class Grid {
  /** `more()`: the end is near; `open(picture)`; `chose(ids)`; `keyed(name, pictures)`: s or Delete was pressed. */
  constructor({ more, open, chose, keyed }) {
    Object.assign(this, { open, chose, keyed });
    this.tiles = new Map();
    this.chosen = new Set();
    this.selecting = false;
    this.end = el("div", { class: "end", "aria-hidden": "true" });
    const naming = { role: "listbox", "aria-multiselectable": "true", "aria-label": GALLERY.pictures };
    this.list = el("div", { class: "tiles", ...naming });
    this.root = el("div", {}, this.list, this.end);
    this.list.addEventListener("click", (event) => this.click(event));
    this.list.addEventListener("keydown", (event) => this.key(event));
    this.list.addEventListener("focusin", ({ target }) => this.reach(target.closest(".tile")));
    const seen = new IntersectionObserver(([{ isIntersecting }]) => (this.near = isIntersecting) && more(), {
      rootMargin: AHEAD,
    });
    seen.observe(this.end);
  }

  /** Show these pictures; a tile that is there already stays where the eye is. */
  show(pictures) {
    const wanted = new Set(pictures.map(({ id }) => id));
    const held = this.list.contains(document.activeElement);
    const place = this.all.indexOf(document.activeElement);
    for (const [id, tile] of this.tiles) if (!wanted.has(id)) this.drop(id, tile);
    pictures.forEach((picture, index) => {
      const tile = this.tiles.get(picture.id) ?? new Tile(picture);
      if (tile.picture !== picture) tile.update(picture);
      this.tiles.set(picture.id, tile);
      if (this.list.children[index] !== tile.root) this.list.insertBefore(tile.root, this.list.children[index] ?? null);
    });
    this.list.hidden = !pictures.length;
    if (!this.list.querySelector('[tabindex="0"]')) this.reach(this.all[Math.max(0, Math.min(place, this.all.length - 1))]);
    if (held && !this.list.contains(document.activeElement)) this.focus();
    this.chose([...this.chosen]);
  }

  drop(id, tile) {
    tile.root.remove();
    this.tiles.delete(id);
    this.chosen.delete(id);
  }

  get all() {
    return [...this.list.children];
  }

  focus(id) {
    const tile = this.tiles.get(id)?.root ?? this.list.querySelector('[tabindex="0"]');
    tile?.focus({ preventScroll: Boolean(id) });
    tile?.scrollIntoView({ block: "nearest" });
  }

  reach(tile) {
    if (!tile) return;
    for (const other of this.list.querySelectorAll('[tabindex="0"]')) other.tabIndex = -1;
    tile.tabIndex = 0;
  }

  // Choosing

  click(event) {
    const tile = event.target.closest(".tile");
    if (!tile) return;
    if (event.shiftKey) this.span(tile);
    else if (this.selecting || this.chosen.size || event.ctrlKey || event.metaKey) this.toggle(tile);
    else this.open(this.tiles.get(tile.dataset.id).picture);
  }

  toggle(tile) {
    const { id } = tile.dataset;
    this.mark(id, !this.chosen.has(id));
    this.last = tile;
    this.chose([...this.chosen]);
  }

  /** From the tile that was chosen last to this one. */
  span(tile) {
    const { all } = this;
    const ends = [Math.max(all.indexOf(this.last), 0), all.indexOf(tile)].sort((a, b) => a - b);
    for (const each of all.slice(ends[0], ends[1] + 1)) this.mark(each.dataset.id, true);
    this.chose([...this.chosen]);
  }

  mark(id, chosen) {
    if (chosen) this.chosen.add(id);
    else this.chosen.delete(id);
    this.tiles.get(id)?.choose(chosen);
  }

  choose(ids) {
    for (const id of [...this.chosen]) this.mark(id, false);
    for (const id of ids) this.mark(id, true);
    this.chose([...this.chosen]);
  }

  // Keys

  key(event) {
    const tile = event.target.closest(".tile");
    if (!tile || event.altKey) return;
    const command = event.ctrlKey || event.metaKey;
    const act = command ? this.commands()[event.key.toLowerCase()] : this.keys(tile)[event.key];
    if (!act) return;
    event.preventDefault();
    event.stopPropagation();
    act();
  }

  commands() {
    return { a: () => this.choose(this.tiles.keys()) };
  }

  keys(tile) {
    const { all } = this;
    const at = all.indexOf(tile);
    const { picture } = this.tiles.get(tile.dataset.id);
    const meant = this.chosen.size ? [...this.chosen].map((id) => this.tiles.get(id).picture) : [picture];
    const away = () => this.keyed("Delete", meant);
    return {
      ArrowRight: () => all[at + 1]?.focus(),
      ArrowLeft: () => all[at - 1]?.focus(),
      ArrowDown: () => this.row(tile, 1)?.focus(),
      ArrowUp: () => this.row(tile, -1)?.focus(),
      Home: () => all[0].focus(),
      End: () => all.at(-1).focus(),
      Enter: () => this.open(picture),
      " ": () => this.toggle(tile),
      s: () => this.keyed("s", meant),
      Delete: away,
      Backspace: away,
      ...(this.chosen.size ? { Escape: () => this.choose([]) } : {}),
    };
  }

  /** The tile in the row below or above whose middle is nearest. */
  row(tile, step) {
    const middle = (each) => each.offsetLeft + each.offsetWidth / 2;
    const beyond = this.all.filter((each) => (each.offsetTop - tile.offsetTop) * step > 1);
    const top = Math[step > 0 ? "min" : "max"](...beyond.map((each) => each.offsetTop));
    const row = beyond.filter((each) => Math.abs(each.offsetTop - top) <= 1);
    return row.sort((a, b) => Math.abs(middle(a) - middle(tile)) - Math.abs(middle(b) - middle(tile)))[0];
  }
}
