// What the page's scripts say in English: what a translation has to say otherwise.  What they say in the gallery stands in
// `gallery_words.js`, of keys in `keys.js`; what Python says in `studio/ui/words.py`; why the studio refuses something
// where it is refused.

export const NAME = "Diffusion Studio";

export const number = (value) => value.toLocaleString("en");
export const moment = (time) => new Date(time).toLocaleString("en", { dateStyle: "medium", timeStyle: "short" });

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

/** Of the modes, as `studio/ui/words.py` has them. */
export const TITLES = {
  text_to_image: "Text to image", image_to_image: "Image to image", inpaint: "Inpaint", outpaint: "Outpaint",
};

/** What is said in several places. */
export const COMMON = {
  after: "After", before: "Before", beforeAndAfter: "Before and after", cancel: "Cancel", choose: "Choose which",
  clear: "Clear", close: "Close", collection: "Collection", download: "Download", mask: "Mask", next: "Next picture",
  noPrompt: "(no prompt)", ontoCanvas: "Put it on the canvas", picture: "Picture", previous: "Previous picture",
  retry: "Retry",
  seed: (seed) => `Seed ${seed}`,
  settings: "Settings", star: "Star", tag: "Tag", trash: "Trash", undo: "Undo", useThese: "Use these settings",
  wordless: "A picture without a prompt",
};

// The canvas

export const CANVAS = {
  canvas: "Canvas",
  doneAgain: (step) => `Done again: ${step}`,
  invitation: "Drop a picture here, paste it, or click to choose one",
  keepMask: "Keep the mask",
  maskGone: "The library does not have the mask any more: undo, or paint it again.",
  maskKept: "The mask is kept.",
  maskLost: "The mask could not be fetched: try again.",
  maskWent: "The mask went with its picture.",
  pictureLost: "The picture could not be fetched: undo, or open another one.",
  nothingDropped: "There is no picture in what was dropped.",
  undone: (step) => `Undone: ${step}`,
};

/** Of the steps of its history, by their kinds. */
export const STEPS = {
  picture: "Picture", stroke: "Stroke", polygon: "Lasso", rectangle: "Rectangle", ellipse: "Ellipse", flood: "Bucket",
  clear: "Clear", fill: "Fill", invert: "Invert", grow: "Size of the mask", mask: "Mask", margins: "Margins",
};

/** Of what paints: its name, and what it does. */
export const TOOLS = {
  brush: ["Brush", "Paint what to make anew; Alt takes away"],
  eraser: ["Eraser", "Take paint away"],
  lasso: ["Lasso", "Draw around what to make anew; Alt takes away"],
  rectangle: ["Rectangle", "Draw a rectangle; Shift: a square, Alt takes away"],
  ellipse: ["Ellipse", "Draw an ellipse; Shift: a circle, Alt takes away"],
  bucket: ["Bucket", "Fill an enclosed area, or everything; Alt empties a painted one"],
};

/** Of the other buttons beside the canvas: a name, and a tooltip where that says more. */
export const BUTTONS = {
  open: ["Open", "Open a picture"],
  undo: ["Undo", "Undo (Ctrl+Z)"],
  redo: ["Redo", "Redo (Ctrl+Shift+Z)"],
  clear: ["Clear", "Clear the mask"],
  fill: ["Fill", "Fill the whole mask"],
  invert: ["Invert", "Invert the mask"],
  grow: ["Grow", "Make the mask larger on every side"],
  shrink: ["Shrink", "Make the mask smaller on every side"],
  soft: ["Soft edge", "Show how soft the edge will be (Feather, Grow)"],
  pressure: ["Pen pressure", "The pen's pressure makes the brush wider"],
  size: ["Brush size", "Brush size ([ and ])"],
  further: ["Further away", "Further away (-)"],
  nearer: ["Nearer", "Nearer (+)"],
  fit: ["Fit", "Fit (Ctrl+0)"],
};

export const TOOLBAR = {
  actual: "One pixel for one (1)", painting: "Brushes and shapes", peek: "Hide the mask while held", zoom: "Zoom",
  tool: (label, key, what) => `${label} (${key}): ${what}`,
};

export const MARGINS = {
  handle: (edges) => `Drag the ${edges}, or use the arrow keys; Shift keeps the shape`,
  edges: {
    left: "left edge", top: "top edge", right: "right edge", bottom: "bottom edge", "left top": "left and top edges",
    "right top": "right and top edges", "left bottom": "left and bottom edges",
    "right bottom": "right and bottom edges",
  },
  amount: (pixels) => (pixels < 100_000 ? `${number(pixels)} px` : `${(pixels / 1e6).toFixed(1)} MP`),
};

export const PLAN = {
  sides: { left: "left", top: "top", right: "right", bottom: "bottom" },
  one: (size, windows) => `In one round, to ${size}${windows}.`,
  several: (rounds, size) => `About ${rounds} rounds to ${size}:`,
  more: (rounds) => `and ${rounds} more`,
  windows: (count) => `, through ${count} windows`,
};

export const SHAPES = {
  shape: "Shape", swap: "Swap", swapSides: "Swap width and height",
  named: (label, width, height) => `${label}, ${width} by ${height}`,
};

// What goes to Generate

export const PROMPT = {
  anew: "Draw anew", earlier: "Earlier prompts",
  earlierAndExamples: "Earlier prompts and examples",
  examples: "Examples",
  first: "New here? Take one of these, press Generate, and change it as you like.",
  generate: "Generate (Ctrl+Enter)",
  kept: (seed) => `Seed ${seed} is kept.`,
  spoken: "LoRAs and embeddings",
  unknown: (words) => `This model does not know ${enumerate(words.map((word) => `“${word}”`))}.`,
  use: (text) => `Use: ${text}`,
};

export const BATCH = {
  batch: "Pictures of the batch", coming: "on its way …",
  maskAlone: "A mask without its picture: choose that too.",
  masked: "with its mask", masks: "Their masks",
  maskless: (name) => `It has no mask: choose one that is named ${name}.png.`,
  mismatch: (mask, picture) => `The mask is ${mask}, the picture ${picture}.`,
  none: "None of the pictures can be worked on: the list says why.",
  pictures: "Several pictures",
  takeAway: (name) => `Take ${name} away`,
  takeThemAway: "Take them away",
  tooMany: (most) => `At most ${most} pictures can be worked on at once: choose fewer.`,
  allComing: "The pictures are on their way …",
  allBad: "None of these can be worked on as they are.",
  will(good, bad) {
    const which = good === 1 ? "one picture" : `${number(good)} pictures, a job each`;
    return `Generate works on ${which}, in place of the one on the canvas${bad ? `, and leaves ${number(bad)} out` : ""}.`;
  },
};

// Jobs and results

const ENDS = { done: "Done", failed: "Failed", cancelled: "Stopped", quarantined: "Set aside" };

/** The state of a job in a few words. */
export function headline({ state, position, step, steps, seconds_left: left, elapsed, message }) {
  if (state === "queued") return message || (position > 0 ? `Waiting: ${position} ahead` : "Waiting");
  if (state === "running" && !step) return message || "Starting …";
  if (state === "running" && step >= steps) return "Finishing …";
  if (state === "running") return `Step ${step} of ${steps}${left == null ? "" : ` · ${duration(left)} left`}`;
  if (state === "done" && elapsed) return `Done in ${elapsed < 10 ? elapsed.toFixed(1) : Math.round(elapsed)} s`;
  return ENDS[state] ?? state;
}

export const CARD = {
  enlarge: "Enlarge", lost: "Connection lost, trying again …", more: "More",
  pictureLost: "The picture could not be fetched.",
  preview: "Preview", progress: "Progress", results: "Results",
  sheet: (title) => (title ? `Save the sheet ${title}` : "Save the sheet"),
  stop: "Stop", stopping: "Stopping …",
  unexplained: "The job failed without a reason.",
  use: "Use", useHint: "Put it on the canvas (U)",
};

export const ACTIONS = {
  again: "Again, next seeds", compareWith: "Compare with …",
  compareWithPicked: "Compare with the one picked",
  doNotCompare: "Do not compare", enlarge: "Enlarge 2×",
  keepSeed: (seed) => `Keep seed ${seed}`,
  throwAway: "Throw away", thrownAway: "Thrown away.", varyLittle: "Vary a little", varyMuch: "Vary a lot",
};

export const COMPARE = {
  nowTheOther: "Now choose what to compare it with.",
  sideBySide: "Side by side", slider: "Before or after",
  place: (at, count) => `${at} of ${count}`,
  zoomIn: "Zoom in", zoomOut: "Zoom out",
};

export const QUEUE = {
  clearFinished: "Clear finished",
  clearFinishedHint: "Their pictures stay in the gallery",
  clearWaiting: "Clear waiting", down: "Move down", empty: "Nothing waits.",
  halted: "Paused: what runs goes on, nothing else begins.",
  notify: "Notify me when all is done",
  open: (count) => `Queue: ${number(count)} open`,
  pause: "Pause",
  pictures: (count) => `${number(count)} pictures`,
  queue: "Queue", resume: "Resume", retryFailed: "Retry failed", stopAll: "Stop all", unexplained: "without a reason",
  up: "Move up",
};

export const TITLE = {
  allDone: "All is done.",
  done: `Done - ${NAME}`,
  share: (percent) => `${percent} % - ${NAME}`,
};

// Settings of a picture, to be used again

export const RECALL = {
  empty: "(empty)",
  gone: { image: "the picture it was made from, which is no longer here", mask: "the mask, which is no longer here" },
  keptOut: (settings) => `Kept out, as the tab has no field for it: ${settings.join("; ")}.`,
  maskLeftOut: (size) => `The mask is left out: it is for a picture of ${size}.`,
  there: (task) => `The settings are in the tab ${TITLES[task]}.`,
  use: (setting) => `Use ${setting}`,
  without: (pictures) => `Without ${pictures.join("; ")}.`,
};

export const DROP = {
  aText: "The text", drop: "Drop a picture to read its settings",
  lookLikeSettings: "These look like the settings of a picture.",
  lost: "What cannot be carried over",
  made: (program, name) => `${program} made ${name}`,
  none: (name) => `No settings in ${name}`,
  nothing: "The file does not say how it was made, or a program on the way has thrown that away. It can still be worked on.",
  ontoCanvas: (task) => `Put it on the canvas: ${TITLES[task]}`,
  readThem: "Read them",
};

// The head, and what opens from it

export const HEADER = {
  anew: "Load its page",
  chosenElsewhere: (model) => `${model} draws from now on: it was chosen on another page.`,
  hint: "Which model draws, and on what",
  model: (model) => `Models and system: ${model}`,
  states: { loading: "loading …", idle: "not loaded", failed: "could not be loaded", "": "does not answer" },
};

export const MODELS = {
  drawsNow: (model) => `${model} draws from now on.`,
  find: "Find a model", inUse: "In use", models: "Models",
  size(bytes) {
    if (bytes >= 1e8) return `${(bytes / 1e9).toFixed(1)} GB`;
    return bytes >= 1e5 ? `${(bytes / 1e6).toFixed(1)} MB` : "";
  },
  more: (folder) => `More can be put into ${folder}; they stand here when this is opened again.`,
};

const memory = (bytes) => `${(bytes / 2 ** 30).toFixed(1)} GiB`;

export const SYSTEM = {
  name: "Models and system", system: "System", started: "Started with",
  states: { ready: "ready", loading: "loading …", idle: "not loaded" },
  facts: {
    model: "Model", from: "From", state: "State", family: "Family", device: "Device", precision: "Precision",
    attention: "Attention", placement: "Placement", profile: "Profile", vae: "Autoencoder",
    "text encoders": "Text encoders", memory: "Memory", engine: "Engine", pictures: "Pictures", documents: "Documents",
    studio: "Studio",
  },
  free: (free, total) => `${memory(free)} of ${memory(total)} free`,
  uses: (bytes) => `uses ${memory(bytes)} of it`,
};

export const PREFERENCES = {
  canvas: "Previews on the canvas too",
  follow: "The prompt goes along to another mode",
  format: "Download as",
  formats: { png: "PNG, as it is kept", jpeg: "JPEG", webp: "WebP" },
  page: "The page",
  previews: "Previews while a picture is being made",
  theme: "Look",
  themes: { system: "As the system has it", light: "Light", dark: "Dark" },
  told: "What is set here is for this browser alone.",
};

export const PROJECT = {
  file: "Project file",
  isOpen: (name) => `${name} is open`,
  open: "Open a file", project: "Project", save: "Save to a file",
  told: "The picture on the canvas, all that was done to it and the fields are kept by themselves. A project takes them along in one file.",
};

export const SERVER = {
  answered: (status, text) => `The studio answered ${status} ${text}.`,
  silent: "The studio does not answer: is it still running?",
};

export const HELP = { keys: "Keys", hint: "Keys (?)" };
