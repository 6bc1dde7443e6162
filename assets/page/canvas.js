// The canvas of a tab, and what Generate needs of it.

import { sent } from "./generate.js";
import { MarginCanvas } from "./margin_canvas.js";
import { MaskCanvas } from "./mask_canvas.js";
import { PictureCanvas } from "./picture_canvas.js";
import { canvasOf, registerCanvas } from "./tabs.js";

const KINDS = { picture: [PictureCanvas, "shows"], mask: [MaskCanvas, "paints"], margins: [MarginCanvas, "grows"] };

export function mount({ element, props }) {
  const root = element.querySelector(".studio-canvas");
  const [Kind, name] = KINDS[props.mode];
  registerCanvas(props.task, new Kind(root, props.task));
  root.classList.add(name);
  root.dataset.ready = "";
}

/** The margins in the fields have changed, by whatever hand. */
export function redraw(task) {
  requestAnimationFrame(() => canvasOf(task)?.margins.draw());
}

/** Upload what the server does not know yet; the names of the picture and of the mask, or the problem in a sentence. */
export async function commit(task) {
  try {
    return await canvasOf(task).commit();
  } catch (error) {
    return { problem: error.message };
  } finally {
    sent(task);
  }
}
