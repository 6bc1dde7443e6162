// Opening and showing a picture on an easel: by button, drop or paste, from another tab, or remembered from the last
// visit.

import { button, el, icon } from "./dom.js";
import * as server from "./server.js";
import { forget, remember, remembered, shownTask } from "./tabs.js";

const INVITATION = "Drop a picture here, paste it, or click to choose one";

/** A subclass says in `begin(size)` what happens to a new picture, and in `commit()` what Generate sends of it. */
export class Easel {
  constructor(root, task) {
    this.task = task;
    this.picture = null;
    this.turn = 0; // grows with every picture that is opened, so that one that comes late is known to be
    this.image = el("img", { alt: "", draggable: false });
    this.sheet = el("div", { class: "sheet" }, this.image);
    this.frame = el("div", { class: "frame", hidden: true }, this.sheet);
    this.file = el("input", { type: "file", accept: "image/*", hidden: true, onchange: () => this.chosen() });
    const invite = el("button", { type: "button", class: "invite", onclick: () => this.file.click() });
    invite.append(icon("open"), el("span", {}, INVITATION));
    this.problem = el("p", { class: "alert", role: "alert", hidden: true });
    this.easel = el("div", { class: "easel", tabIndex: -1 }, invite, this.frame);
    this.tools = el("div", { class: "tools", role: "toolbar", "aria-label": "Canvas" });
    const naming = { title: "Open a picture", "aria-label": "Open" };
    this.tools.append(button("Open", "open", () => this.file.click(), naming));
    root.replaceChildren(this.tools, this.easel, this.problem, this.file);
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
      this.open(event.dataTransfer.files[0]);
    });
    document.addEventListener("paste", ({ clipboardData }) => {
      if (shownTask() !== this.task || clipboardData.types.includes("text/plain")) return; // text is for the prompt
      this.open(clipboardData.files[0]);
    });
  }

  chosen() {
    this.open(this.file.files[0]);
    this.file.value = "";
  }

  /** Upload a file and show it; what the server refuses is said and changes nothing. */
  async open(file) {
    if (!file) return;
    const turn = (this.turn += 1);
    this.easel.setAttribute("aria-busy", "true");
    try {
      const picture = await server.keep(file);
      if (turn === this.turn) this.show(picture);
    } catch (error) {
      if (turn === this.turn) this.say(error.message);
    } finally {
      this.easel.removeAttribute("aria-busy");
    }
  }

  /** Show a picture that the library has. */
  show(picture) {
    this.turn += 1;
    this.say("");
    this.image.src = server.picture(picture.id);
    this.picture = picture;
    const { width, height } = picture;
    this.frame.style.setProperty("--w", width);
    this.frame.style.setProperty("--h", height);
    this.frame.hidden = false;
    this.easel.classList.add("filled");
    this.begin({ width, height });
    remember(this.task, picture);
  }

  /** Show the picture of the last visit, unless the library has lost it. */
  recall() {
    const picture = remembered(this.task);
    if (!picture) return;
    const { turn } = this;
    const probe = new Image();
    probe.onload = () => {
      if (turn !== this.turn) return;
      this.show(picture);
      this.resume();
    };
    probe.onerror = async () => {
      const gone = await server.isGone(picture.id); // a connection that broke off is no reason to forget
      if (gone && turn === this.turn) forget(this.task);
    };
    probe.src = server.picture(picture.id);
  }

  /** What else is remembered of the last visit. */
  resume() {}

  say(problem) {
    this.problem.textContent = problem;
    this.problem.hidden = !problem;
  }

  async commit() {
    return { picture: this.picture?.id ?? null };
  }
}
