// Several pictures in place of the one on the canvas: chosen or dropped, each with the mask that has its name, and a job
// each.  They come by the same door as any picture (`studio/api/pictures.py`), one after another.

import { button, el, icon } from "./dom.js";
import { dropped } from "./dropped.js";
import { thumbnail } from "./gallery_doors.js";
import * as server from "./server.js";
import { shownTask } from "./tabs.js";
import { say } from "./toast.js";
import { BATCH, CANVAS } from "./words.js";

const KINDS = "image/png,image/jpeg,image/webp";
const batches = new Map(); // task → its batch

const stem = (name) => name.replace(/\.[^.]*$/, "");
const size = ({ width, height }) => `${width} × ${height}`;

export function mount({ element, props }) {
  const batch = new Batch(props);
  element.querySelector(".studio-batch").replaceChildren(...batch.parts);
  batches.set(props.task, batch);
}

/** Several files were dropped on the canvas at once: they are for the mode that is shown; whether it takes them. */
export function several(found) {
  const batch = batches.get(shownTask());
  batch?.given("picture", found);
  return Boolean(batch);
}

/** What Generate shall work on instead of the canvas, or null: [{name, picture, mask}], all of them known to the studio. */
export async function chosen(task) {
  const batch = batches.get(task);
  if (!batch?.rows.size) return null;
  await batch.coming;
  const good = batch.all.filter((row) => !batch.problem(row));
  if (!good.length) throw new Error(BATCH.none);
  return good.map(({ name, picture, mask }) => ({ name, picture: picture.id, mask: mask?.id ?? null }));
}

class Batch {
  constructor({ task, masks, most }) {
    Object.assign(this, { task, masks, most, rows: new Map(), coming: Promise.resolve() });
    this.told = el("p", { role: "status" });
    this.list = el("ul", { "aria-label": BATCH.batch });
    const pictures = this.door("picture", BATCH.pictures);
    const with_ = masks ? this.door("mask", BATCH.masks) : null;
    this.clear = button(BATCH.takeThemAway, "close", () => this.empty(), { class: "tool" });
    this.tools = el("div", { class: "row" }, pictures, with_, this.clear);
    this.parts = [this.tools, this.told, this.list];
    this.show();
  }

  /** A button that opens files, and takes those that are dropped on it. */
  door(kind, label) {
    const file = el("input", { type: "file", accept: KINDS, multiple: true, hidden: true, "data-kind": kind });
    file.addEventListener("change", () => {
      this.take(kind, [...file.files]);
      file.value = "";
    });
    const node = button(label, kind === "mask" ? "inpaint" : "image_to_image", () => file.click(), { "data-door": kind });
    const over = (is) => (event) => {
      event.preventDefault();
      event.stopPropagation();
      node.classList.toggle("over", is);
    };
    node.addEventListener("dragover", over(true));
    node.addEventListener("dragleave", over(false));
    node.addEventListener("drop", (event) => {
      over(false)(event);
      dropped(event.dataTransfer).then((found) => this.given(kind, found), (error) => say(error.message));
    });
    if (kind === "mask") this.second = node;
    return el("span", {}, node, file);
  }

  /** Of a folder that holds a folder of masks both are taken, whichever of them was asked for. */
  given(kind, found) {
    const masks = found.filter((each) => each.masks && this.masks);
    const others = found.filter((each) => !each.masks);
    if (!found.length) say(CANVAS.nothingDropped);
    if (others.length) this.take(kind, others.map(({ file }) => file));
    if (masks.length) this.take("mask", masks.map(({ file }) => file));
  }

  /** Upload them in order of their names; each stands in the list at once. */
  take(kind, files) {
    const named = [...files].sort((one, other) => one.name.localeCompare(other.name, "en"));
    const fresh = new Set([...this.rows.keys(), ...named.map(({ name }) => stem(name))]);
    if (fresh.size > this.most) return say(BATCH.tooMany(this.most));
    for (const file of named) {
      const row = this.row(stem(file.name));
      const turn = (row[`${kind}Turn`] = Symbol(file.name));
      if (kind === "picture") row.name = file.name;
      Object.assign(row, { [kind]: null, [`${kind}Wrong`]: "", waits: row.waits + 1 });
      this.coming = this.coming.then(() => this.upload(kind, row, file, turn));
    }
    this.show();
  }

  row(key) {
    if (!this.rows.has(key)) this.rows.set(key, { key, name: "", waits: 0 });
    return this.rows.get(key);
  }

  async upload(kind, row, file, turn) {
    const current = () => this.rows.get(row.key) === row && row[`${kind}Turn`] === turn;
    try {
      const kept = current() && (await server.keep(file, kind));
      if (current()) row[kind] = kept;
    } catch (error) {
      if (current()) row[`${kind}Wrong`] = `${file.name}: ${error.message}`;
    }
    row.waits -= 1;
    this.show();
  }

  get all() {
    return [...this.rows.values()].sort((one, other) => one.key.localeCompare(other.key, "en"));
  }

  /** Why a row cannot be worked on, in a sentence; empty where it can, or is not there yet. */
  problem({ key, name, picture, mask, pictureWrong, maskWrong, waits }) {
    if (pictureWrong || maskWrong) return pictureWrong || maskWrong;
    if (waits) return "";
    if (!name) return BATCH.maskAlone;
    if (!this.masks) return "";
    if (!mask) return BATCH.maskless(key);
    const same = mask.width === picture.width && mask.height === picture.height;
    return same ? "" : BATCH.mismatch(size(mask), size(picture));
  }

  show() {
    const rows = this.all;
    const bad = rows.filter((row) => this.problem(row)).length;
    this.clear.hidden = this.list.hidden = !rows.length;
    if (this.second) this.second.hidden = !rows.length;
    this.told.hidden = !rows.length;
    this.told.textContent = rows.length ? sentence(rows, bad) : "";
    this.list.replaceChildren(...rows.map((row) => this.line(row)));
  }

  line(row) {
    const wrong = this.problem(row);
    const small = (kept) => kept && el("img", { src: thumbnail(kept.id), alt: "", loading: "lazy" });
    const state = row.waits ? BATCH.coming : wrong || (row.mask ? BATCH.masked : "");
    const words = el("div", {}, el("p", { class: "name" }, row.name || row.key), el("p", { class: "state" }, state));
    const off = button(BATCH.takeAway(row.name || row.key), "close", () => this.remove(row), { bare: true });
    return el("li", { "data-wrong": String(Boolean(wrong)) }, small(row.picture) || icon("image_to_image"), small(row.mask), words, off);
  }

  remove({ key }) {
    this.rows.delete(key);
    this.show();
    (this.list.querySelector("button") ?? this.tools.querySelector("button")).focus();
  }

  empty() {
    this.rows.clear();
    this.show();
    this.tools.querySelector("button").focus();
  }
}

function sentence(rows, bad) {
  if (rows.some(({ waits }) => waits)) return BATCH.allComing;
  const good = rows.length - bad;
  return good ? BATCH.will(good, bad) : BATCH.allBad;
}
