// What is looked for: words, and chips that narrow it down.

import { button, el, icon } from "./dom.js";
import { FILTERS } from "./gallery_words.js";
import { COMMON, TITLES } from "./words.js";

const PAUSE = 250;

/** A day as the library takes it, where the person is. */
function day(back) {
  const date = new Date();
  date.setDate(date.getDate() - back);
  return [date.getFullYear(), date.getMonth() + 1, date.getDate()].map((part) => String(part).padStart(2, "0")).join("-");
}

export class Filters {
  /** `changed()` is called when something else is looked for. */
  constructor(changed) {
    this.changed = changed;
    const later = () => {
      clearTimeout(this.timer);
      this.timer = setTimeout(changed, PAUSE);
    };
    const hint = { placeholder: FILTERS.search, "aria-label": FILTERS.search };
    this.words = el("input", { type: "search", spellcheck: false, ...hint, oninput: later });
    const field = el("label", { class: "search" });
    field.append(icon("search"), this.words);
    this.star = this.switch(FILTERS.starred, "star");
    this.selects = {
      task: this.select(FILTERS.tasks),
      model: this.select(FILTERS.models),
      collection: this.select(FILTERS.collections),
      tag: this.select(FILTERS.tags),
    };
    this.time = this.select(FILTERS.times);
    this.time.append(...Object.entries(FILTERS.days).map(([value, text]) => el("option", { value }, text)));
    this.since = el("input", { type: "date", "aria-label": FILTERS.from, onchange: () => changed() });
    this.until = el("input", { type: "date", "aria-label": FILTERS.to, onchange: () => changed() });
    this.days = el("span", { class: "days", hidden: true }, this.since, el("span", {}, FILTERS.until), this.until);
    this.trash = this.switch(COMMON.trash, "clear");
    const chips = [this.star, ...Object.values(this.selects), this.time, this.days, this.trash];
    this.clear = button(COMMON.clear, "close", () => this.reset(), { class: "tool chip plain" });
    this.chips = el("div", { class: "chips", role: "group", "aria-label": FILTERS.narrow }, ...chips, this.clear);
    this.root = el("div", { class: "filters" }, field, this.chips);
    this.mark();
  }

  switch(label, name) {
    const turn = () => {
      chip.setAttribute("aria-pressed", String(chip.getAttribute("aria-pressed") !== "true"));
      this.turned();
    };
    const chip = button(label, name, turn, { class: "tool chip", "aria-pressed": "false" });
    return chip;
  }

  select([all, label]) {
    const chip = el("select", { class: "chip", "aria-label": label, onchange: () => this.turned() });
    chip.append(el("option", { value: "" }, all));
    return chip;
  }

  turned() {
    this.days.hidden = this.time.value !== "days";
    this.mark();
    this.changed();
  }

  mark() {
    for (const chip of [...Object.values(this.selects), this.time]) {
      chip.classList.toggle("on", chip.value !== "");
    }
    this.clear.hidden = !this.narrow;
  }

  /** What there is to choose from; what is chosen stays chosen. */
  offer({ tasks, models, collections, tags, trashed }) {
    const titled = Object.fromEntries(Object.entries(tasks).map(([task, count]) => [task, [TITLES[task] ?? task, count]]));
    this.fill("task", titled);
    for (const [name, counts] of Object.entries({ model: models, collection: collections, tag: tags })) {
      this.fill(name, Object.fromEntries(Object.entries(counts).map(([value, count]) => [value, [value, count]])));
    }
    this.trash.hidden = !trashed && !this.trashed;
    this.trash.querySelector("span").textContent = trashed ? FILTERS.counted(COMMON.trash, trashed) : COMMON.trash;
  }

  fill(name, choices) {
    const chip = this.selects[name];
    const { value } = chip;
    if (value && !choices[value]) choices[value] = [value, 0];
    const options = Object.entries(choices).map(([value, [text, count]]) => el("option", { value }, FILTERS.counted(text, count)));
    chip.replaceChildren(chip.firstElementChild, ...options);
    chip.value = value;
    chip.hidden = options.length < (name === "model" ? 2 : 1);
  }

  get trashed() {
    return this.trash.getAttribute("aria-pressed") === "true";
  }

  /** Whether anything but all pictures is looked for. */
  get narrow() {
    const { words, ...others } = this.query;
    return Boolean(words) || Object.values(others).some(Boolean);
  }

  get query() {
    const chosen = Object.fromEntries(Object.entries(this.selects).map(([name, { value }]) => [name, value]));
    const back = Number(this.time.value);
    const days = this.time.value === "days" ? { since: this.since.value, until: this.until.value } : {};
    return {
      words: this.words.value.trim(),
      ...chosen,
      since: back ? day(back - 1) : "",
      ...days,
      starred: this.star.getAttribute("aria-pressed") === "true",
      trashed: this.trashed,
    };
  }

  reset() {
    this.words.value = "";
    for (const chip of Object.values(this.selects)) chip.value = "";
    this.time.value = "";
    for (const chip of [this.star, this.trash]) chip.setAttribute("aria-pressed", "false");
    this.turned();
  }
}
