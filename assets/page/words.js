// Which words of a prompt a model does not know: what `ModelCard.unknown_words` says, without asking the server.

/** The words of a prompt, lower case, in order, each once. */
export function wordsOf(prompt) {
  const spoken = prompt.replace(/\b(?:AND|BREAK)\b|<\w+:[^<>]*>|__(?:[\p{L}\p{N}/-]|_(?!_))+__/gu, " "); // these are the prompt language's own
  return [...new Set(spoken.toLowerCase().match(/\p{L}+(?:'\p{L}+)*/gu) ?? [])];
}

/** Those of them that are not in `known`; none, where the model understands any word (an empty list). */
export function unknownWords(prompt, known) {
  return known.size ? wordsOf(prompt).filter((word) => !known.has(word)) : [];
}

/** "a", "a and b", "a, b and c". */
export function enumerate(words) {
  return words.length < 2 ? words.join("") : `${words.slice(0, -1).join(", ")} and ${words.at(-1)}`;
}

/** How long something takes, as people say it. */
export function duration(seconds) {
  if (seconds < 1) return "under 1 s";
  if (seconds < 90) return `${Math.round(seconds)} s`;
  return `${Math.round(seconds / 60)} min`;
}

/** The seconds left to show where `shown` stood: evenly downwards, and upwards only where that was far off. */
export function calm(shown, left) {
  if (left == null) return null;
  const grain = left > 90 ? 60 : left > 20 ? 5 : 1;
  const next = Math.ceil(left / grain) * grain;
  return shown == null || next < shown || next > 1.25 * shown + 2 ? next : shown;
}

const ENDS = {
  done: "Done",
  failed: "Failed",
  cancelled: "Stopped",
  quarantined: "Set aside",
};

/** The state of a job in a few words. */
export function headline({ state, position, step, steps, seconds_left: left, elapsed, message }) {
  if (state === "queued") return message || (position > 0 ? `Waiting: ${position} ahead` : "Waiting");
  if (state === "running" && !step) return message || "Starting …";
  if (state === "running" && step >= steps) return "Finishing …";
  if (state === "running") return `Step ${step} of ${steps}${left == null ? "" : ` · ${duration(left)} left`}`;
  if (state === "done" && elapsed) return `Done in ${elapsed < 10 ? elapsed.toFixed(1) : Math.round(elapsed)} s`;
  return ENDS[state] ?? state;
}
