// What has happened on the canvas, said for a moment in its corner; and where there is something to decide, a button.

import { el } from "./dom.js";

const READ = 4000; // milliseconds

export class News {
  constructor() {
    this.said = el("p", { class: "said", role: "status" });
    this.offer = el("button", { type: "button", class: "tool offer", hidden: true });
    this.root = el("div", { class: "news" }, this.said, this.offer);
  }

  /** `offer`, where there is one, is [label, action]; it stands until something else happens. */
  tell(words, offer = null) {
    clearTimeout(this.timer);
    this.said.textContent = words;
    this.offer.hidden = !offer;
    if (!offer) this.timer = setTimeout(() => this.said.replaceChildren(), READ);
    else [this.offer.textContent, this.offer.onclick] = offer;
  }
}
