// What the gallery's scripts say in English; see `words.js`.

import { number } from "./words.js";

export const GALLERY = {
  add: "Add", all: "Show everything",
  chosen: (count) => `${number(count)} chosen`,
  chosenPictures: "Chosen pictures", chooseNone: "Choose none",
  count: (count) => (count === 1 ? "1 picture" : `${number(count)} pictures`),
  emptyTrash: "Empty the trash",
  none: ["No picture is like that", "Try fewer words, or take a filter away."],
  noneYet: ["Nothing here yet", "Every picture that you make appears here by itself, with all its settings."],
  noneTrashed: ["The trash is empty", "What you throw away waits here until you empty it."],
  makeFirst: "Make the first one", pictures: "Pictures", putBack: "Put back", read: "Read settings from a file",
  reallyEmpty: (count) => `Really remove ${number(count)} for good?`,
  select: "Select",
  starred: (words) => `${words} (starred)`,
  takeStar: "Take the star",
};

export const FILTERS = {
  tasks: ["All tasks", "Task"],
  models: ["All models", "Model"],
  collections: ["All collections", "Collection"],
  tags: ["All tags", "Tag"],
  times: ["Any time", "Time"],
  counted: (words, count) => `${words} (${number(count)})`,
  days: { 1: "Today", 7: "Last 7 days", 30: "Last 30 days", days: "Choose days …" },
  from: "From", narrow: "Narrow down", search: "Search the prompts", starred: "Starred", to: "To", until: "to",
};

const these = (count) => (count === 1 ? "The picture" : `${number(count)} pictures`);
const are = (count) => (count === 1 ? "is" : "are");

export const DECIDED = {
  tagged: (count, tag) => `${these(count)} ${are(count)} tagged “${tag}”.`,
  collected: (count, collection) => `${these(count)} ${are(count)} in “${collection}”.`,
  uncollected: (count) => `${these(count)} left ${count === 1 ? "its collection" : "their collections"}.`,
  trashed: (count) => `${these(count)} ${count === 1 ? "lies" : "lie"} in the trash.`,
  restored: (count) => `${these(count)} ${are(count)} back in the gallery.`,
  gone: (count) => (count === 1 ? "One picture is gone for good." : `${number(count)} pictures are gone for good.`),
};

export const SHEET = {
  addTag: "Add a tag", copied: "The prompt is copied.", copy: "Copy",
  fields: { prompt: "Prompt", negative: "Negative" },
  format: "Format",
  formats: { png: "PNG", jpeg: "JPEG", webp: "WebP" },
  madeFrom: "Made from",
  madeFromOpened: "Made from a picture you opened",
  madeOfIt: "Made of it",
  newTab: "Open it in a new tab",
  noCopy: "The browser does not let the prompt be copied: mark it and press Ctrl+C.",
  putBack: "Put it back", putInCollection: "Put it in a collection", star: "Star (S)", tags: "Tags",
  takeStar: "Take the star away (S)",
  takeTag: (tag) => `Take the tag ${tag} away`,
  trash: "Trash (Delete)", useAll: "Use all settings", withSettings: "with its settings",
};
