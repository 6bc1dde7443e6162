// Where the screen is narrow the settings lie in a drawer, between the newest result and the older ones; it is opened and
// closed for all modes at once.  Where it is wide they are always seen, and the button is not.

import { button } from "./dom.js";
import { local } from "./store.js";
import { COMMON } from "./words.js";

const OPEN = "studio.drawer";

const buttons = new Set();

export function mount({ element }) {
  const node = button(COMMON.settings, "settings", () => set(!isOpen()), { class: "tool drawer" });
  element.querySelector(".studio-drawer").replaceChildren(node);
  buttons.add(node);
  set(local.get(OPEN, false) === true);
}

const page = () => document.getElementById("studio");
const isOpen = () => page().dataset.drawer === "open";

function set(open) {
  page().dataset.drawer = open ? "open" : "closed";
  for (const node of buttons) node.setAttribute("aria-expanded", String(open));
  local.set(OPEN, open);
}

/** Somebody is to be shown a setting. */
export function openDrawer() {
  if (buttons.size) set(true);
}
