// Width and height by their shape: a button each, drawn as the shape that it stands for, and one that swaps the two.

import { el, icon } from "./dom.js";
import { readField, watchField, writeField } from "./fields.js";
import { SHAPES } from "./words.js";

const LONGEST = 18; // pixels of the page

export function mount({ element, props: { task, sizes } }) {
  const fields = { width: `${task}-width`, height: `${task}-height` };
  const set = (size) => Object.entries(fields).forEach(([side, id]) => writeField(id, size[side]));
  const read = () => ({ width: Number(readField(fields.width)), height: Number(readField(fields.height)) });
  const swap = () => {
    const { width, height } = read();
    set({ width: height, height: width });
  };
  const buttons = sizes.map((size) => shape(size, () => set(size)));
  const naming = { type: "button", class: "swap", title: SHAPES.swapSides, "aria-label": SHAPES.swapSides };
  const root = element.querySelector(".studio-shapes");
  root.setAttribute("role", "group");
  root.setAttribute("aria-label", SHAPES.shape);
  root.replaceChildren(...buttons, el("button", { ...naming, onclick: swap }, icon("swap"), el("span", {}, SHAPES.swap)));
  const mark = () => {
    const now = read();
    buttons.forEach((button, at) => {
      const same = now.width === sizes[at].width && now.height === sizes[at].height;
      button.setAttribute("aria-pressed", same);
    });
  };
  for (const id of Object.values(fields)) watchField(id, mark);
}

function shape({ label, width, height }, onclick) {
  const side = (pixels) => `${Math.round((LONGEST * pixels) / Math.max(width, height))}px`;
  const outline = el("i", { style: { width: side(width), height: side(height) } });
  const naming = { title: `${width} × ${height}`, "aria-label": SHAPES.named(label, width, height) };
  return el("button", { type: "button", onclick, ...naming }, el("span", { class: "outline" }, outline), el("span", {}, label));
}
