// Pictures as large as the window: one, with its siblings to leaf through; one over what it was made from; any two.

import { button, el } from "./dom.js";
import { Stage } from "./stage.js";
import { COMMON, COMPARE } from "./words.js";

let dialog;
let stage;
let caption;
let both;
let beside;
let pictures = [];
let index = 0;
let other = null; // what the picture is compared with
let how = "over";

function build() {
  stage = new Stage();
  caption = el("p", { role: "status" });
  const close = button(COMMON.close, "close", () => dialog.close(), { bare: true, class: "tool close" });
  const back = button(COMMON.previous, "previous", () => leaf(-1), { bare: true, class: "tool back" });
  const on = button(COMMON.next, "next", () => leaf(1), { bare: true, class: "tool on" });
  both = button(COMMON.beforeAndAfter, "compare", toggle, { class: "tool both" });
  beside = button(COMPARE.sideBySide, "beside", turn, { class: "tool beside" });
  const smaller = button(COMPARE.zoomOut, "minus", () => stage.zoom(1 / 1.5), { bare: true, class: "tool zoom" });
  const larger = button(COMPARE.zoomIn, "plus", () => stage.zoom(1.5), { bare: true, class: "tool zoom" });
  const gap = el("span", { class: "gap" });
  const below = el("div", { class: "below" }, caption, gap, both, beside, smaller, larger);
  dialog = el("dialog", { class: "studio-lightbox", "aria-label": COMMON.picture }, stage.root, below, close, back, on);
  dialog.addEventListener("keydown", key);
  document.querySelector(".gradio-container").append(dialog); // for its fonts and colours
}

function key(event) {
  const { target, key: name, ctrlKey, metaKey, altKey } = event;
  if (ctrlKey || metaKey || altKey) return;
  const sliding = target === stage.slider && name.startsWith("Arrow");
  const act = { ArrowLeft: () => leaf(-1), ArrowRight: () => leaf(1), b: toggle, d: turn }[name];
  if (act && !sliding) act();
  else stage.key(event);
}

function leaf(by) {
  const { before } = pictures[index];
  index = (index + by + pictures.length) % pictures.length;
  if (other && other === before) other = pictures[index].before ?? null; // it stays before and after
  draw();
}

function draw() {
  const picture = pictures[index];
  const held = document.activeElement; // of which there is none any more once it is hidden
  const edited = Boolean(other && other === picture.before);
  stage.show(picture, other, how, edited ? [COMMON.before, COMMON.after] : [other, picture].map(name));
  const place = pictures.length > 1 ? `${COMPARE.place(index + 1, pictures.length)} · ` : "";
  caption.textContent = place + [name(picture), size(picture)].filter(Boolean).join(" · ");
  both.hidden = !picture.before;
  both.setAttribute("aria-pressed", edited);
  beside.hidden = !other;
  beside.setAttribute("aria-pressed", how === "beside");
  dialog.classList.toggle("single", pictures.length < 2);
  if (dialog.contains(held) && !held.checkVisibility()) (other ? beside : both).focus();
}

const name = (picture) => (picture?.seed == null ? "" : COMMON.seed(picture.seed));
const size = ({ width, height }) => (width ? `${width} × ${height}` : "");

function toggle() {
  const { before } = pictures[index];
  if (!before) return;
  other = other === before ? null : before;
  draw();
}

function turn() {
  if (!other) return;
  how = how === "over" ? "beside" : "over";
  draw();
}

function open(siblings, picture, compared) {
  if (!dialog) build();
  pictures = siblings;
  index = Math.max(siblings.indexOf(picture), 0);
  other = compared;
  stage.reset();
  draw();
  if (!dialog.open) dialog.showModal();
}

/** Leaf through pictures, beginning with one: each has a `url` and an `alt`, and if known `seed`, `width`, `height`. */
export function openLightbox(siblings, picture) {
  open(siblings, picture, null);
}

/** Each over the one that it was made from: its `before`, with the `margins` around that one where it has grown. */
export function openBeforeAfter(siblings, picture) {
  open(siblings, picture, picture.before);
}

/** Any two pictures; the second may be leafed on from. */
export function openCompare(one, two, siblings = [two]) {
  open(siblings, two, one);
}
