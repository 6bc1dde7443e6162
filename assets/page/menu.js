// A small menu beside what opened it: arrow keys walk through it, Escape closes it and gives the focus back.

import { el, icon } from "./dom.js";

let menu;
let opener;

function build() {
  menu = el("div", { class: "studio-menu", role: "menu", popover: "auto" });
  menu.addEventListener("keydown", walk);
  menu.addEventListener("toggle", ({ newState }) => {
    opener?.setAttribute("aria-expanded", newState === "open");
    if (newState === "closed" && (menu.contains(document.activeElement) || document.activeElement === document.body))
      opener?.focus({ preventScroll: true });
  });
}

/** `groups`: lists of {label, icon, key, act, checked}; a line stands between two of them. */
export function openMenu(anchor, groups, label) {
  if (!menu) build();
  menu.hidePopover?.();
  opener = anchor;
  menu.setAttribute("aria-label", label);
  const parts = groups.filter((group) => group.length).map((group) => el("div", { role: "group" }, ...group.map(item)));
  menu.replaceChildren(...parts);
  (anchor.closest("dialog") ?? document.querySelector(".gradio-container")).append(menu);
  menu.showPopover();
  place(anchor.getBoundingClientRect());
  menu.querySelector("button")?.focus({ preventScroll: true });
}

function item({ label, icon: name, key, act, checked }) {
  const choose = () => {
    menu.hidePopover();
    act();
  };
  const role = checked === undefined ? "menuitem" : "menuitemcheckbox";
  const button = el("button", { type: "button", role, tabIndex: -1, onclick: choose });
  if (checked !== undefined) button.setAttribute("aria-checked", checked);
  button.append(icon(name), el("span", {}, label), key ? el("kbd", { "aria-hidden": "true" }, key) : "");
  return button;
}

/** Below what opened it, or above where there is no room; always within the window. */
function place(beside) {
  const { width, height } = menu.getBoundingClientRect();
  const below = beside.bottom + 6;
  const top = below + height > innerHeight - 8 ? Math.max(8, beside.top - height - 6) : below;
  const wished = beside.right - width < 8 ? beside.left : beside.right - width;
  const left = Math.max(8, Math.min(wished, innerWidth - width - 8));
  Object.assign(menu.style, { top: `${top}px`, left: `${left}px` });
}

function walk(event) {
  const items = [...menu.querySelectorAll("button")];
  const at = items.indexOf(document.activeElement);
  const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: -1 }[event.key];
  if (to === undefined) return event.key === "Tab" && menu.hidePopover();
  event.preventDefault();
  event.stopPropagation();
  items.at(to % items.length).focus();
}
