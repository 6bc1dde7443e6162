// Opening a picture on the canvas: by button, drop or paste.

import { several } from "./batch.js";
import { el, icon } from "./dom.js";
import { dropped } from "./dropped.js";
import * as server from "./server.js";
import { CANVAS } from "./words.js";

export class Opening {
  /** `opened(picture)` is called with {id, width, height} as soon as the library has the picture. */
  constructor(root, port, opened) {
    Object.assign(this, { port, opened });
    this.turn = 0; // grows with every picture that comes, so that one that comes late is known to be
    this.file = el("input", { type: "file", accept: "image/*", hidden: true, onchange: () => this.chosen() });
    this.invite = el("button", { type: "button", class: "invite", onclick: () => this.choose() });
    this.invite.append(icon("open"), el("span", {}, CANVAS.invitation));
    this.problem = el("p", { class: "alert", role: "alert", hidden: true });
    port.prepend(this.invite);
    this.listen(root);
  }

  listen(root) {
    root.addEventListener("dragover", (event) => {
      event.preventDefault();
      root.classList.add("over");
    });
    root.addEventListener("dragleave", () => root.classList.remove("over"));
    root.addEventListener("drop", (event) => {
      event.preventDefault();
      root.classList.remove("over");
      dropped(event.dataTransfer).then((found) => this.given(found), (error) => this.say(error.message));
    });
    document.addEventListener("paste", ({ clipboardData }) => {
      if (!this.port.checkVisibility() || clipboardData.types.includes("text/plain")) return; // text is for the prompt
      this.take(clipboardData.files[0]);
    });
  }

  /** One picture is for the canvas; several are for Generate alone. */
  given(found) {
    if (!found.length) return this.say(CANVAS.nothingDropped);
    if (found.length < 2 || !several(found)) this.take(found[0].file);
  }

  choose() {
    this.file.click();
  }

  chosen() {
    this.take(this.file.files[0]);
    this.file.value = "";
  }

  /** Upload a file and show it; what the server refuses is said and changes nothing. */
  async take(file) {
    if (!file) return;
    const turn = (this.turn += 1);
    this.port.setAttribute("aria-busy", "true");
    try {
      const { id, width, height } = await server.keep(file);
      if (turn === this.turn) this.opened({ id, width, height });
    } catch (error) {
      if (turn === this.turn) this.say(error.message);
    } finally {
      this.port.removeAttribute("aria-busy");
    }
  }

  /** Another picture has come: what is still on its way is late, and what went wrong before is over. */
  came() {
    this.turn += 1;
    this.say("");
  }

  say(problem) {
    this.problem.textContent = problem;
    this.problem.hidden = !problem;
  }
}
