// All keys, in the groups that the help shows them in; what they do is said in English, see `words.js`.

export const KEYS = {
  Everywhere: [
    ["Ctrl+Enter", "Generate"],
    ["Esc", "Close what is open, or put a tool down; nothing is lost"],
    ["?", "This help"],
  ],
  "In a prompt": [
    ["Ctrl+↑ Ctrl+↓", "Give the selected words more or less weight"],
    ["Alt+↑ Alt+↓", "Earlier and later prompts"],
  ],
  "On the canvas": [
    ["B E L", "Brush, eraser, lasso"],
    ["R O G", "Rectangle, ellipse, bucket"],
    ["[ ]", "Thinner and thicker brush"],
    ["Ctrl+Z Ctrl+Shift+Z", "Undo, and do again"],
    ["Ctrl+0 1", "See all of it, or its pixels"],
    ["+ −", "Zoom in and out"],
    ["Space", "Held down: move the picture"],
    ["Alt", "Held down: take paint away"],
  ],
  "On a result": [
    ["Enter", "See it large"],
    ["U", "Use it: put it on the canvas"],
    ["A", "Again, with the next seeds"],
    ["V ⇧V", "Vary it a little, a lot"],
    ["E", "Enlarge it"],
    ["B", "Before and after"],
    ["C", "Compare it with another"],
    ["K", "Keep its seed"],
    ["S", "Give it a star, or take it back"],
    ["Del", "Throw it away"],
    ["← →", "The picture beside it"],
  ],
  "Seen large": [
    ["← →", "Previous and next picture; of a slider, move it"],
    ["+ − 0", "Zoom in, out, and back; or the wheel, a pinch, a double click"],
    ["B", "Before and after"],
    ["D", "Side by side, or over each other"],
  ],
  "In the gallery": [
    ["← → ↑ ↓", "From picture to picture"],
    ["Enter", "Open it, with all its settings"],
    ["Space Ctrl+A", "Choose it, or all that are shown"],
    ["S", "Give it a star, or take it back"],
    ["Del", "Throw it away; in the trash, put it back"],
  ],
};
