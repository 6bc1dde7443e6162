// Mouse, pen or finger → strokes on a mask, with a ring that shows the brush where it is and as wide as it is.

import { el } from "./dom.js";
import { toPicture } from "./geometry.js";

/**
 * Let a pointer over `easel` paint.  `picture` is the element the mask covers, `tool()` is {width, erase} in pixels of
 * the picture.  A stroke of mouse or pen may begin and end beside the picture: nothing is lost at its edge.
 */
export function attachBrush(easel, picture, mask, tool) {
  const ring = el("div", { class: "ring", hidden: true });
  picture.append(ring);
  const at = (event) => toPicture(event, picture.getBoundingClientRect(), mask.size);
  let pointer = null;

  easel.addEventListener("pointerdown", (event) => {
    if (pointer !== null || event.button !== 0 || !event.isPrimary || picture.hidden) return;
    if (event.pointerType === "touch" && !picture.contains(event.target)) return; // beside it a finger scrolls
    event.preventDefault();
    easel.focus({ preventScroll: true });
    easel.setPointerCapture(event.pointerId);
    pointer = event.pointerId;
    mask.begin(at(event), tool().width, tool().erase);
  });
  easel.addEventListener("pointermove", (event) => {
    moveRing(ring, picture, mask, at(event), tool());
    if (event.pointerId !== pointer) return;
    const between = event.getCoalescedEvents?.() ?? [];
    for (const part of between.length ? between : [event]) mask.extend(at(part));
  });
  const finish = (event) => {
    if (event.pointerId !== pointer) return;
    pointer = null;
    mask.end();
  };
  easel.addEventListener("pointerup", finish);
  easel.addEventListener("pointercancel", (event) => {
    if (event.pointerId !== pointer) return;
    pointer = null;
    mask.drop(); // the finger turned out to scroll
  });
  easel.addEventListener("pointerleave", () => (ring.hidden = true));
  easel.addEventListener("pointerenter", (event) => (ring.hidden = event.pointerType === "touch"));
}

function moveRing(ring, picture, mask, [x, y], { width, erase }) {
  const scale = picture.clientWidth / mask.size.width;
  const across = Math.max(width * scale, 4);
  ring.classList.toggle("erases", erase);
  Object.assign(ring.style, {
    width: `${across}px`,
    height: `${across}px`,
    transform: `translate(${x * scale - across / 2}px, ${y * scale - across / 2}px)`,
  });
}
