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
