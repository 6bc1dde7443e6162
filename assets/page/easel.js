// The canvas: one picture with the mask painted on it and the margins around it.  What can be done with them is up to
// the mode that is shown; what is there stays when the mode changes.

import { Hand } from "./brush.js";
import { el } from "./dom.js";
import { readField } from "./fields.js";
import { attachGestures } from "./gestures.js";
import { brushFor, fitted, growthFor, proxySize, widestBrush } from "./geometry.js";
import { History, onMask } from "./history.js";
import { Kept } from "./kept.js";
import { Margins, sameMargins } from "./margins.js";
import { Mask } from "./mask.js";
import { Opening } from "./opening.js";
import { News } from "./news.js";
import * as server from "./server.js";
import { Toolbar, commandOf } from "./toolbar.js";
import { View } from "./view.js";
import { CANVAS, COMMON, STEPS } from "./words.js";

const SPARE = [72, 0.1]; // pixels of the page, or a share of the window, to drag the picture's edges into
const NONE = { left: 0, top: 0, right: 0, bottom: 0 };

export class Easel {
  constructor(root) {
    Object.assign(this, { root, mode: "text_to_image", picture: null, edge: { feather: 8, grow: 0 } });
    this.history = new History(() => this.present());
    this.build();
    this.connect();
    this.kept = new Kept(this.history, this.opening);
  }

  build() {
    this.image = el("img", { alt: "", draggable: false });
    this.surface = el("canvas", { class: "mask", role: "img", "aria-label": COMMON.mask });
    this.softened = el("canvas", { class: "soft", "aria-hidden": "true" });
    this.sheet = el("div", { class: "sheet", hidden: true }, this.image, this.surface, this.softened);
    this.frame = el("div", { class: "frame" });
    const naming = { tabIndex: -1, role: "group", "aria-label": CANVAS.canvas };
    this.port = el("div", { class: "easel", ...naming }, this.sheet, this.frame);
    this.opening = new Opening(this.root, this.port, (picture) => this.put(picture));
    this.bar = new Toolbar((command, argument) => this.act(command, argument));
    this.news = new News();
    const { file, sizes, painting, masking, zooming } = this.bar;
    const bar = { class: "tools", role: "toolbar" };
    const over = el("div", { ...bar, "aria-label": CANVAS.canvas }, file, zooming, painting);
    const under = el("div", { ...bar, "aria-label": COMMON.mask }, masking, sizes);
    this.port.append(this.news.root);
    this.root.replaceChildren(over, this.port, under, this.opening.problem, this.opening.file);
  }

  connect() {
    this.mask = new Mask(this.surface, this.softened);
    this.view = new View(this.port, () => this.moved());
    this.hand = new Hand(this.port, this.sheet, this.mask, () => this.bar.held, (mark) => this.history.record(mark));
    this.margins = new Margins(this.frame, {
      set: (margins, field) => this.setMargins(margins, field),
      draft: (margins) => this.drawFrame(margins),
      scale: () => this.view.place.scale,
    });
    this.margins.meet(() => this.history.margins).then(() => this.setMode(this.mode));
    attachGestures(this.port, this.sheet, this.view, this.hand);
    this.port.addEventListener("pointerdown", ({ pointerType }) => {
      if (pointerType === "pen") this.bar.pressure.hidden = false;
    });
    document.addEventListener("keydown", (event) => this.key(event));
  }

  /** Put a picture on the canvas, as a step.  The mask stays with the old one; margins that it fills are used up. */
  put({ id, width, height }) {
    const picture = { id, width, height };
    const step = { kind: "picture", picture };
    if (this.margins.filledBy(picture)) step.margins = NONE;
    const same = this.picture?.width === width && this.picture.height === height;
    const lost = same && this.history.marks.length > 0;
    this.opening.came();
    this.history.record(step);
    if (lost) this.news.tell(CANVAS.maskWent, [CANVAS.keepMask, () => this.keepMask()]);
  }

  /** On request a mask stays where a picture was followed by one as large. */
  keepMask() {
    this.history.amend({ ...this.history.last, keep: true });
    this.news.tell(CANVAS.maskKept);
  }

  /** Show what follows from the history. */
  present() {
    const { picture, marks, margins } = this.history;
    const another = picture?.id !== this.picture?.id;
    const resized = picture?.width !== this.picture?.width || picture?.height !== this.picture?.height;
    this.mask.end();
    this.news.tell("");
    if (another) this.swap(picture);
    if (picture && (resized || another)) this.begin(picture, resized);
    this.mask.show(marks);
    this.mask.complete(marks).then((shown) => shown && this.refresh(), (error) => this.opening.say(error.message));
    this.margins.write(margins);
    this.reframe();
    this.refresh();
    this.kept?.keep();
  }

  /** Another picture: it takes the old one's place once it is there, so that nothing flickers. */
  swap(picture) {
    this.picture = picture;
    document.dispatchEvent(new CustomEvent("studio:picture"));
    this.sheet.hidden = !picture;
    this.port.tabIndex = picture ? 0 : -1;
    this.port.classList.toggle("filled", Boolean(picture));
    const large = picture && proxySize(picture).width < picture.width;
    if (picture) this.load(picture, large ? server.proxy(picture.id) : server.picture(picture.id));
  }

  async load(picture, src) {
    const next = el("img", { alt: "", draggable: false, src });
    const arrived = await next.decode().then(() => true, () => false);
    if (this.picture !== picture) return;
    if (!arrived) this.opening.say(CANVAS.pictureLost);
    this.image.replaceWith(next);
    this.image = next;
  }

  /** A picture of another size wants another brush, and a mask of its own. */
  begin(size, resized) {
    const colour = getComputedStyle(this.surface).getPropertyValue("--mask-colour").trim();
    this.mask.reset(size, colour);
    this.hand.resize(size);
    this.margins.size = size;
    if (!resized) return;
    this.bar.suit(brushFor(size), widestBrush(size));
    this.view.fits = true;
  }

  setMode(task) {
    this.mode = task;
    this.root.dataset.mode = task;
    this.hand.ready = task === "inpaint";
    this.view.fits = true;
    this.news.tell("");
    this.reframe();
    this.refresh();
  }

  /** Show the picture, and in Outpaint what is to be around it. */
  reframe() {
    if (!this.picture) return;
    const { width, height } = this.picture;
    if (this.mode !== "outpaint") return this.view.show({ left: 0, top: 0, width, height });
    this.view.show(this.margins.box(), Math.min(SPARE[0], SPARE[1] * this.view.room.width));
  }

  /** While an edge is dragged the view goes further away as soon as the frame does not fit. */
  drawFrame(margins) {
    if (!margins) return this.reframe();
    const box = this.margins.box(margins);
    const far = fitted(box, this.view.room, 24);
    this.view.apply(far.scale < this.view.place.scale ? far : this.view.place);
    this.margins.draw(this.view.place, margins);
    this.measure(box);
  }

  setMargins(margins, field) {
    if (sameMargins(margins, this.history.margins)) return; // two fields that were filled at once are told of twice
    const step = { kind: "margins", margins };
    const goesOn = field && this.typing?.field === field && this.history.last === this.typing.step;
    if (field) this.typing = { field, step };
    if (!goesOn) this.history.record(step);
    else this.history.amend(step);
  }

  moved() {
    if (!this.picture) return;
    const { scale, x, y } = this.view.place;
    const { width, height } = this.picture;
    const size = { width: `${width * scale}px`, height: `${height * scale}px` };
    Object.assign(this.sheet.style, { ...size, transform: `translate(${x}px, ${y}px)` });
    Object.assign(this.hand, { scale, x, y });
    this.hand.again();
    this.margins.draw(this.view.place);
    this.bar.percent.textContent = `${Math.round(100 * scale)} %`;
    this.port.classList.toggle("zoomed", !this.view.fits);
    this.sharpen(scale);
  }

  /** Seen from near, a large picture is fetched whole. */
  sharpen(scale) {
    const { picture } = this;
    const proxy = proxySize(picture).width / picture.width;
    if (proxy === 1 || this.sharp === picture || scale * devicePixelRatio < 1.5 * proxy) return;
    this.sharp = picture;
    this.load(picture, server.picture(picture.id));
  }

  refresh() {
    const { history, picture } = this;
    this.bar.undo.disabled = !history.place;
    this.bar.redo.disabled = history.place === history.steps.length;
    if (!picture) return;
    this.measure(this.mode === "outpaint" ? this.margins.box() : picture);
    if (this.root.classList.contains("softens")) this.mask.soften(this.softness);
  }

  measure({ width, height }) {
    const { picture } = this;
    const own = `${picture.width} × ${picture.height}`;
    this.bar.sizes.textContent = this.mode === "outpaint" ? `${own} → ${width} × ${height}` : own;
  }

  /** A key means something to the canvas unless it is typed elsewhere. */
  key(event) {
    const { target } = event;
    const covered = document.querySelector("dialog[open]");
    const elsewhere = covered || (!this.root.contains(target) && target !== document.body);
    if (elsewhere || !this.picture || !this.port.checkVisibility()) return;
    const [command, argument] = commandOf(event)?.split(" ") ?? [];
    if (!command) return;
    event.preventDefault();
    this.act(command, argument);
  }

  /** A button or a key: what the canvas does, or how it is looked at. */
  act(command, argument) {
    const doer = command in this ? this : this.view;
    doer?.[command](argument); // the tools are there before the view is
  }

  undo() {
    const step = !this.mask.live && this.history.undo();
    if (step) this.news.tell(CANVAS.undone(STEPS[step.kind]));
  }

  redo() {
    const step = !this.mask.live && this.history.redo();
    if (step) this.news.tell(CANVAS.doneAgain(STEPS[step.kind]));
  }

  drop() {
    this.hand.cancel();
  }

  open() {
    this.opening.choose();
  }

  take(name) {
    this.bar.take(name);
  }

  resize() {
    this.hand?.again();
  }

  thinner() {
    this.bar.scaleBrush(0.8);
  }

  thicker() {
    this.bar.scaleBrush(1.25);
  }

  paint(kind) {
    this.history.record({ kind });
  }

  grow(direction) {
    this.history.record({ kind: "grow", pixels: direction * growthFor(this.picture) });
  }

  peek(hidden) {
    this.root.classList.toggle("peeks", hidden);
  }

  soft(on) {
    this.root.classList.toggle("softens", on);
    this.refresh();
  }

  edgeIs(edge) {
    this.edge = edge;
    this.refresh();
  }

  /** What stands in the fields; as long as they were not drawn yet, only Gradio knows it. */
  get softness() {
    const said = (name) => Number(readField(`inpaint-${name}`) || this.edge[name]) || 0;
    return { feather: said("feather"), grow: said("grow") };
  }

  /** What is on the canvas now; another picture may be opened while the mask is on its way. */
  async commit(task) {
    const { picture, mask } = this;
    const { marks } = this.history;
    if (!picture || task !== "inpaint") return { picture: picture?.id ?? null };
    return { picture: picture.id, mask: marks.some(onMask) ? await mask.name(marks, server.keep) : null };
  }
}
