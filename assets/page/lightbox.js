// A finished picture as large as the window; arrow keys leaf through its siblings, Escape closes.

import { button, el } from "./dom.js";

let dialog;
let image;
let caption;
let pictures = [];
let index = 0;

function build() {
  image = el("img", { alt: "" });
  caption = el("p", { role: "status" });
  const close = button("Close", "close", () => dialog.close(), { bare: true, class: "tool close" });
  const back = button("Previous picture", "previous", () => leaf(-1), { bare: true, class: "tool back" });
  const on = button("Next picture", "next", () => leaf(1), { bare: true, class: "tool on" });
  dialog = el("dialog", { class: "studio-lightbox", "aria-label": "Picture" }, image, caption, close, back, on);
  dialog.addEventListener("keydown", (event) => {
    if (event.key === "ArrowLeft") leaf(-1);
    if (event.key === "ArrowRight") leaf(1);
  });
  dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
  document.querySelector(".gradio-container").append(dialog); // for its fonts and colours
}

function leaf(by) {
  index = (index + by + pictures.length) % pictures.length;
  const { url, alt, seed, width, height } = pictures[index];
  Object.assign(image, { src: url, alt });
  const place = pictures.length > 1 ? `${index + 1} of ${pictures.length} · ` : "";
  caption.textContent = `${place}Seed ${seed} · ${width} × ${height}`;
}

export function openLightbox(siblings, picture) {
  if (!dialog) build();
  pictures = siblings;
  index = Math.max(siblings.indexOf(picture), 0);
  dialog.classList.toggle("single", siblings.length < 2);
  leaf(0);
  dialog.showModal();
}

