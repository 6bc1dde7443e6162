// Elements without innerHTML: text stays text, whoever wrote it.

const ICONS = {
  open: "M3 7a2 2 0 0 1 2-2h4l2 2h8a2 2 0 0 1 2 2v8a2 2 0 0 1-2 2H5a2 2 0 0 1-2-2zM12 10v6M9 13h6",
  brush: "M14 4l6 6-8 8-6-6zM6 12l-2 8 8-2",
  eraser: "M8 20h12M4.5 14.5l9-9a2 2 0 0 1 2.8 0l3.2 3.2a2 2 0 0 1 0 2.8L12 19H8.5zM9 10l5 5",
  undo: "M9 14L4 9l5-5M4 9h10a6 6 0 0 1 0 12h-3",
  redo: "M15 14l5-5-5-5M20 9H10a6 6 0 0 0 0 12h3",
  clear: "M5 7h14M10 7V4h4v3M7 7l1 13h8l1-13",
  invert: "M12 3a9 9 0 1 0 0 18zM12 3a9 9 0 0 1 0 18",
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
