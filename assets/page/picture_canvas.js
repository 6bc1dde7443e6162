// The canvas that only shows a picture.

import { el } from "./dom.js";
import { Easel } from "./easel.js";

export class PictureCanvas extends Easel {
  constructor(root, task) {
    super(root, task);
    this.sizes = el("output", { class: "sizes" });
    this.tools.append(this.sizes);
    this.recall();
  }

  begin({ width, height }) {
    this.sizes.textContent = `${width} × ${height}`;
  }
}
