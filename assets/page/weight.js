// Weights in a prompt: (word:1.1), as many other programs write them too.

const STEP = 0.1;
const MOST = 10;
const GROUP = /([(<])([^()<>]*):(\d+(?:\.\d+)?)([)>])/g;
const BREAKS = /[\s,.;:()[\]<>|]/;

/** The text with the weight of what is selected, or of the word there, changed by `steps`; and what to select then. */
export function reweighed(text, start, end, steps) {
  const group = [...text.matchAll(GROUP)].find(({ index, 0: all }) => index <= start && end <= index + all.length);
  if (group) return regrouped(text, group, steps);
  const [from, to] = start === end ? word(text, start) : trimmed(text, start, end);
  if (from === to) return null;
  return written(text, from, to, ["(", text.slice(from, to), ")"], weight(1, steps));
}

function regrouped(text, { index, 0: all, 1: opening, 2: words, 3: old, 4: closing }, steps) {
  return written(text, index, index + all.length, [opening, words, closing], weight(Number(old), steps));
}

/** A weight of 1 needs no brackets, but a network of its own keeps them. */
function written(text, from, to, [opening, words, closing], number) {
  const bare = number === 1 && opening === "(";
  const insert = bare ? words : `${opening}${words}:${number}${closing}`;
  const start = from + (bare ? 0 : 1);
  return { from, to, insert, text: text.slice(0, from) + insert + text.slice(to), start, end: start + words.length };
}

const weight = (old, steps) => Math.min(Math.max(Math.round((old + steps * STEP) * 100) / 100, 0), MOST);

function word(text, at) {
  let [from, to] = [at, at];
  while (from > 0 && !BREAKS.test(text[from - 1])) from -= 1;
  while (to < text.length && !BREAKS.test(text[to])) to += 1;
  return [from, to];
}

function trimmed(text, start, end) {
  const chosen = text.slice(start, end);
  const from = start + chosen.length - chosen.trimStart().length;
  return [from, Math.max(from, end - (chosen.length - chosen.trimEnd().length))];
}
