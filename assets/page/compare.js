// Picking two pictures, wherever they are on the page, to look at them together.

import { openCompare } from "./lightbox.js";
import { say } from "./toast.js";
import { COMMON, COMPARE } from "./words.js";

let first = null;

/** The picture that waits to be compared with another, or null. */
export const picked = () => first;

/** Pick one of two: the second, and its siblings, are shown with the first; the first once more lets go of it. */
export function pick(picture, siblings = [picture]) {
  const before = first;
  mark(before ? null : picture);
  if (!before) say(COMPARE.nowTheOther, { label: COMMON.cancel, act: () => mark(null) });
  else if (before.id !== picture.id) openCompare(before, picture, siblings);
}

function mark(picture) {
  first = picture;
  for (const each of document.querySelectorAll("[data-picture]"))
    each.classList.toggle("picked", each.dataset.picture === picture?.id);
}
