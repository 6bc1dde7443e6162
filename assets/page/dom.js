// Elements without innerHTML: text stays text, whoever wrote it.

const ICONS = {
  open: "M3 7a2 2 0 0 1 2-2h4l2 2h8a2 2 0 0 1 2 2v8a2 2 0 0 1-2 2H5a2 2 0 0 1-2-2zM12 10v6M9 13h6",
  brush: "M14 4l6 6-8 8-6-6zM6 12l-2 8 8-2",
  eraser: "M8 20h12M4.5 14.5l9-9a2 2 0 0 1 2.8 0l3.2 3.2a2 2 0 0 1 0 2.8L12 19H8.5zM9 10l5 5",
  undo: "M9 14L4 9l5-5M4 9h10a6 6 0 0 1 0 12h-3",
  redo: "M15 14l5-5-5-5M20 9H10a6 6 0 0 0 0 12h3",
  clear: "M5 7h14M10 7V4h4v3M7 7l1 13h8l1-13",
  invert: "M12 3a9 9 0 1 0 0 18zM12 3a9 9 0 0 1 0 18",
  lasso: "M7 18c-2-1-3-3-3-6 0-4 4-7 8-7s8 3 8 6.5-4 6-8 6c-2 0-3-.3-4-1M6.5 15a2 2 0 1 0 2 3c0 1-1 2-2 3",
  rectangle: "M4 6h16v12H4z",
  ellipse: "M12 5c5 0 9 3 9 7s-4 7-9 7-9-3-9-7 4-7 9-7z",
  bucket: "M10 4l8 8-7 7a2 2 0 0 1-2.8 0L4 15a2 2 0 0 1 0-2.8zM5 12h12M20 15c1 1.5 1.5 2.3 1.5 3.2a1.5 1.5 0 0 1-3 0c0-.9.5-1.7 1.5-3.2z",
  grow: "M9 9h6v6H9zM4 8V4h4M16 4h4v4M20 16v4h-4M8 20H4v-4",
  shrink: "M9 9h6v6H9zM4 7h3V4M17 4v3h3M20 17h-3v3M7 20v-3H4",
  soft: "M12 8a4 4 0 1 0 0 8 4 4 0 0 0 0-8zM12 2v1.5M12 20.5V22M2 12h1.5M20.5 12H22M5 5l1 1M18 18l1 1M19 5l-1 1M6 18l-1 1",
  eye: "M2 12s4-7 10-7 10 7 10 7-4 7-10 7S2 12 2 12zM12 9a3 3 0 1 0 0 6 3 3 0 0 0 0-6z",
  pen: "M3 20c4 0 5-4 8-8M11 12l7-8 2.5 2.5L13 14zM3 20l6-1",
  plus: "M12 5v14M5 12h14",
  minus: "M5 12h14",
  fit: "M4 9V4h5M15 4h5v5M20 15v5h-5M9 20H4v-5",
  fill: "M4 4h16v16H4zM8 8h8v8H8z",
  download: "M12 4v11M7 11l5 5 5-5M5 20h14",
  image_to_image: "M4 4h11v11H4zM18 9h2v11H9v-2M4 13l4-4 6 6",
  inpaint: "M4 20c3 0 4-1 4-3a2.5 2.5 0 1 1 3 3c-2 1-5 0-7 0zM10 14L19 4l1 1-8 10",
  outpaint: "M9 9h6v6H9zM4 9V4h5M20 9V4h-5M4 15v5h5M20 15v5h-5",
  seed: "M20 12a8 8 0 1 1-2.5-5.8M20 3v4h-4",
  close: "M6 6l12 12M18 6L6 18",
  previous: "M15 5l-7 7 7 7",
  next: "M9 5l7 7-7 7",
  stop: "M7 7h10v10H7z",
  use: "M4 5h16v14H4zM12 8v7M9 12.5l3 3 3-3",
  again: "M4 11a8 8 0 0 1 14-4.5L20 9M20 4v5h-5M20 13a8 8 0 0 1-14 4.5L4 15M4 20v-5h5",
  vary: "M4 14c3-6 5-6 8 0s5 6 8 0M4 8c2-3 4-3 6 0",
  enlarge: "M4 20v-6h6v6zM14 4h6v6M20 4l-8 8",
  star: "M12 3.5l2.6 5.4 5.9.8-4.3 4.1 1 5.9-5.2-2.8-5.2 2.8 1-5.9-4.3-4.1 5.9-.8z",
  more: "M5 12h.01M12 12h.01M19 12h.01",
  compare: "M12 3v18M4 6h5v12H4M20 6h-5v12h5",
  beside: "M4 5h7v14H4zM13 5h7v14h-7z",
  lock: "M6 11h12v9H6zM8.5 11V8a3.5 3.5 0 0 1 7 0v3",
  project: "M4 8a2 2 0 0 1 2-2h4l2 2h6a2 2 0 0 1 2 2v7a2 2 0 0 1-2 2H6a2 2 0 0 1-2-2z",
  queue: "M4 6h16M4 12h16M4 18h10",
  swap: "M4 8h15l-4-4M20 16H5l4 4",
  pause: "M8 6v12M16 6v12",
  play: "M8 5l11 7-11 7z",
  up: "M6 14l6-6 6 6",
  down: "M6 10l6 6 6-6",
  help: "M9 9a3 3 0 1 1 4.2 2.7c-.8.4-1.2 1-1.2 1.8v.5M12 17.5h.01",
  history: "M4 12a8 8 0 1 0 2.5-5.8M4 3v4h4M12 8v4l3 2",
  tag: "M4 4h8l8 8-8 8-8-8zM8.5 8.5h.01",
  folder: "M3 7a2 2 0 0 1 2-2h4l2 2h8a2 2 0 0 1 2 2v8a2 2 0 0 1-2 2H5a2 2 0 0 1-2-2z",
  check: "M5 12.5l4.5 4.5L19 7",
  search: "M11 4a7 7 0 1 0 0 14a7 7 0 0 0 0-14M16 16l4.5 4.5",
  settings: "M4 7h9M17 7h3M4 17h3M11 17h9M15 4.5a2.5 2.5 0 1 0 0 5a2.5 2.5 0 0 0 0-5M9 14.5a2.5 2.5 0 1 0 0 5a2.5 2.5 0 0 0 0-5",
  restore: "M5 7h14M7 7l1 13h8l1-13M12 17v-6M9.5 13l2.5-2.5 2.5 2.5",
};

/** An element; `props` are DOM properties, except `class`, `style` (an object), `data-*`, `aria-*` and `role`. */
export function el(tag, props = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (value === undefined || value === null || value === false) continue;
    if (name === "class") node.className = value;
    else if (name === "style") Object.assign(node.style, value);
    else if (name.includes("-") || name === "role") node.setAttribute(name, value === true ? "" : value);
    else node[name] = value;
  }
  node.append(...children.filter((child) => child !== null && child !== undefined && child !== false));
  return node;
}

/** One of the line icons, hidden from screen readers: the label stands beside it. */
export function icon(name) {
  const space = "http://www.w3.org/2000/svg";
  const svg = document.createElementNS(space, "svg");
  const path = document.createElementNS(space, "path");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  svg.classList.add("icon");
  path.setAttribute("d", ICONS[name]);
  svg.append(path);
  return svg;
}

/** A button with an icon; the label is text beside it, or only a name and a tooltip where `bare`. */
export function button(label, name, onclick, { bare = false, ...props } = {}) {
  const naming = bare ? { "aria-label": label, title: label } : {};
  const text = bare ? null : el("span", {}, label);
  return el("button", { type: "button", class: "tool", onclick, ...naming, ...props }, name && icon(name), text);
}

/** The element, as soon as the page holds one such; Gradio mounts its components in an order of its own. */
export function appeared(selector) {
  const there = document.querySelector(selector);
  if (there) return Promise.resolve(there);
  return new Promise((resolve) => {
    const watcher = new MutationObserver(() => {
      const node = document.querySelector(selector);
      if (!node) return;
      watcher.disconnect();
      resolve(node);
    });
    watcher.observe(document.body, { childList: true, subtree: true });
  });
}
