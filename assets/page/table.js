// The cells of a grid as a table: the labels of the first axis above, of the second beside, and a table for each value
// of a third.  When it is over, its sheets can be saved.

import { el, icon } from "./dom.js";
import * as server from "./server.js";
import { CARD } from "./words.js";

const ALONE = [""];

export class Table {
  /** `labels`: of each axis, one to three. */
  constructor(job, labels) {
    const [across, down = ALONE, titles = ALONE] = labels;
    this.cells = [];
    this.sheets = el("p", { class: "sheets", hidden: true }, ...titles.map((title, at) => save(job, at + 1, title)));
    const tables = titles.map((title) => el("div", { class: "sheet-of" }, this.table(across, down, title)));
    this.root = el("div", { class: "grid", hidden: true }, ...tables, this.sheets);
  }

  table(across, down, title) {
    const beside = down !== ALONE;
    const head = across.map((label) => el("th", { scope: "col" }, label));
    const rows = down.map((label) => {
      const cells = across.map(() => el("td"));
      this.cells.push(...cells);
      return el("tr", {}, beside && el("th", { scope: "row" }, label), ...cells);
    });
    const first = el("tr", {}, beside && el("td", { class: "corner" }), ...head);
    return el("table", {}, title && el("caption", {}, title), el("thead", {}, first), el("tbody", {}, ...rows));
  }

  /** Show a figure in the next cell. */
  append(figure) {
    this.cells.find((cell) => !cell.childElementCount).append(figure);
  }

  /** The sheets can be saved once nothing more comes, of what there is. */
  over(done) {
    this.sheets.hidden = !done;
  }
}

function save(job, number, title) {
  return el("a", { class: "tool", href: server.sheet(job, number), download: "" }, icon("download"), el("span", {}, CARD.sheet(title)));
}
