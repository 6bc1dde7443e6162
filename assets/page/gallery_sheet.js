// All that is known of one picture, and all that can be done with it.

import { button, el } from "./dom.js";
import * as doors from "./gallery_doors.js";
import { Settings } from "./gallery_settings.js";
import { SHEET } from "./gallery_words.js";
import { keptOut, missing, recall } from "./recall.js";
import * as server from "./server.js";
import { send } from "./tabs.js";
import { say } from "./toast.js";
import { COMMON, RECALL, TITLES, moment } from "./words.js";

const EDITS = ["image_to_image", "inpaint", "outpaint"];

export class Sheet {
  /** `open(id)` another picture; `close()` before the page behind is used; `decide` and `names` as elsewhere. */
  constructor(about, { decide, names, open, close }) {
    Object.assign(this, { about, decide, names, open, close });
    const parts = [this.head(), this.words(), this.use(), this.relatives(), this.said(), this.away(), this.notes()];
    this.root = el("article", { class: "sheet-of" }, ...parts);
  }

  head() {
    const { time, width, height, title, task, star, trashed } = this.about;
    const label = star ? SHEET.takeStar : SHEET.star;
    const mark = button(label, "star", () => this.decide.star([this.about], !star), { bare: true, class: "tool mark" });
    mark.setAttribute("aria-pressed", String(star));
    const facts = [`${width} × ${height}`, TITLES[task] ?? task, title].filter(Boolean).join(" · ");
    const told = el("div", {}, el("p", { class: "made" }, moment(time)), el("p", { class: "facts" }, facts));
    const thrown = button(SHEET.trash, "clear", () => this.decide.trash([this.about]), { bare: true, class: "tool alarming" });
    return el("header", {}, told, ...(trashed ? [] : [mark, thrown]));
  }

  words() {
    const { prompt, settings } = this.about;
    const negative = settings.find(({ name }) => name === "negative")?.value;
    const copy = button(SHEET.copy, "", () => this.copy(prompt), { class: "tool slight" });
    return el(
      "section",
      {},
      el("div", { class: "title" }, el("h3", {}, SHEET.fields.prompt), prompt ? copy : null),
      el("p", { class: "words" }, prompt || COMMON.noPrompt),
      negative ? el("h3", {}, SHEET.fields.negative) : null,
      negative ? el("p", { class: "words" }, negative) : null,
    );
  }

  async copy(text) {
    try {
      await navigator.clipboard.writeText(text);
      say(SHEET.copied);
    } catch {
      say(SHEET.noCopy);
    }
  }

  // Using it again

  use() {
    const { settings, trashed } = this.about;
    if (!settings.length) return null;
    this.settings = new Settings(this.about);
    this.all = button(SHEET.useAll, "settings", () => this.recall(), { class: "tool primary" });
    this.which = button(COMMON.choose, "check", () => this.pick(!this.settings.picking), { "aria-pressed": "false" });
    const edits = EDITS.map((task) => button(TITLES[task], task, () => this.send(task), { "data-send": task }));
    return el(
      "section",
      {},
      el("div", { class: "row" }, this.all, this.which),
      trashed ? null : el("div", { class: "row edits" }, ...edits),
      el("h3", {}, COMMON.settings),
      this.settings.table,
      this.left(),
    );
  }

  /** What cannot be set, in words: nothing is left out silently. */
  left() {
    const { task, settings, pictures } = this.about;
    const out = keptOut(task, settings);
    const lost = missing(pictures);
    const lines = [out.length && RECALL.keptOut(out), lost.length && RECALL.without(lost)];
    return el("div", {}, ...lines.filter(Boolean).map((line) => el("p", { class: "note" }, line)));
  }

  pick(picking) {
    this.settings.pick(picking);
    this.which.setAttribute("aria-pressed", String(picking));
    this.all.querySelector("span").textContent = picking ? COMMON.useThese : SHEET.useAll;
  }

  async recall() {
    const { chosen, chosenPictures } = this.settings;
    this.close();
    say(await recall(this.about.task, chosen, chosenPictures));
  }

  send(task) {
    const { id, width, height } = this.about;
    this.close();
    send(task, { id, width, height });
  }

  // Where it comes from, and what came of it

  relatives() {
    const { parent, children } = this.about;
    if (!parent && !children.length) return null;
    const from = parent ? [el("h3", {}, parent.opened ? SHEET.madeFromOpened : SHEET.madeFrom), this.row([parent])] : [];
    const to = children.length ? [el("h3", {}, SHEET.madeOfIt), this.row(children)] : [];
    return el("section", {}, ...from, ...to);
  }

  row(pictures) {
    return el("div", { class: "relatives" }, ...pictures.map((each) => this.small(each)));
  }

  small({ id, prompt, opened }) {
    const image = el("img", { src: doors.thumbnail(id), alt: "", loading: "lazy" });
    const label = opened ? SHEET.newTab : prompt || COMMON.wordless;
    const naming = { class: "small", title: label, "aria-label": label };
    if (opened) return el("a", { ...naming, href: server.picture(id), target: "_blank", rel: "noopener" }, image);
    return el("button", { ...naming, type: "button", onclick: () => this.open(id) }, image);
  }

  // What is said of it

  said() {
    const { tags, collection, trashed } = this.about;
    if (trashed) return null;
    const chips = tags.map((tag) => {
      const off = () => this.decide.untag([this.about], tag);
      return button(tag, "close", off, { class: "tool tag", title: SHEET.takeTag(tag) });
    });
    const tag = this.field(SHEET.addTag, "tags", "", (name) => name && this.decide.tag([this.about], name));
    const where = this.field(SHEET.putInCollection, "collections", collection, (name) => this.decide.collect([this.about], name));
    return el(
      "section",
      {},
      el("h3", {}, SHEET.tags),
      el("div", { class: "row" }, ...chips, tag),
      el("h3", {}, COMMON.collection),
      el("div", { class: "row" }, where),
    );
  }

  /** A text field that takes effect with Enter, or when it is left. */
  field(label, kind, value, take) {
    const list = el("datalist", { id: `studio-${kind}` }, ...this.names(kind).map((name) => el("option", { value: name })));
    const input = el("input", { type: "text", value, maxLength: 64, placeholder: label, "aria-label": label });
    input.setAttribute("list", list.id);
    const done = () => {
      const name = input.value.trim();
      if (name === value) return;
      value = name;
      take(name);
    };
    input.addEventListener("change", done);
    input.addEventListener("keydown", (event) => event.key === "Enter" && done());
    return el("span", { class: "typed" }, input, list);
  }

  // Away

  away() {
    const { id, name, trashed } = this.about;
    if (trashed) {
      const back = button(SHEET.putBack, "restore", () => this.decide.restore([this.about]), { class: "tool primary" });
      return el("section", {}, el("div", { class: "row" }, back));
    }
    const kind = el("select", { "aria-label": SHEET.format });
    kind.append(...Object.entries(SHEET.formats).map(([value, text]) => el("option", { value }, text)));
    const told = el("input", { type: "checkbox", checked: true });
    const save = el("a", { class: "tool save" });
    save.append(...button(COMMON.download, "download").childNodes);
    const point = () => {
      const whole = kind.value === "png" && told.checked; // the file itself
      save.href = whole ? server.picture(id) : doors.copy(id, kind.value, told.checked);
      save.download = name.replace(/\.png$/, { jpeg: ".jpg", webp: ".webp" }[kind.value] ?? ".png");
    };
    kind.onchange = told.onchange = point;
    point();
    const whether = el("label", { class: "told" }, told, el("span", {}, SHEET.withSettings));
    return el("section", {}, el("div", { class: "row" }, save, kind, whether));
  }

  notes() {
    const { notes } = this.about;
    return notes.length ? el("section", { class: "notes" }, ...notes.map((note) => el("p", { class: "note" }, note))) : null;
  }
}
