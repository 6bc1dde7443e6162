// The canvas that margins are put around.

import { el } from "./dom.js";
import { Easel } from "./easel.js";
import { Margins } from "./margins.js";

export class MarginCanvas extends Easel {
  constructor(root, task) {
    super(root, task);
    this.sizes = el("output", { class: "sizes" });
    this.tools.append(this.sizes);
    this.margins = new Margins(task, this.frame, this.sheet, (size, frame) => {
      this.sizes.textContent = `${size.width} × ${size.height} → ${frame.width} × ${frame.height}`;
    });
    this.recall();
  }

  begin(size) {
    this.margins.reset(size);
  }
}
