// While nobody looks at this window, its title and its icon say how far the jobs are; and to whoever wished for that, a
// notification says when all is done.

import { follow, open } from "./feed.js";
import { local } from "./store.js";
import { NAME, TITLE } from "./words.js";

const WISH = "studio.notify";
const SIDE = 64;

let busy = false;
let own = null;

export const notifies = "Notification" in window;
export const allowed = () => notifies && local.get(WISH, false) && Notification.permission === "granted";

/** Ask for leave to notify, or no longer do it; whether it is so now. */
export async function setAllowed(wished) {
  const granted = wished && (await Notification.requestPermission()) === "granted";
  local.set(WISH, granted);
  return granted;
}

export function watchTitle() {
  follow(tell);
  document.addEventListener("visibilitychange", () => document.hidden || put(NAME, null));
}

function tell(state) {
  const jobs = open(state);
  const over = busy && !jobs.length;
  busy = jobs.length > 0;
  if (!document.hidden) return;
  const running = jobs.filter((view) => view.state === "running");
  const share = sum(running, "step") / (sum(running, "steps") || 1);
  if (busy) put(TITLE.share(Math.round(100 * share)), share);
  if (!over) return;
  put(TITLE.done, 1);
  if (allowed()) new Notification(NAME, { body: TITLE.allDone, icon: icon().href });
}

const sum = (views, name) => views.reduce((total, view) => total + view[name], 0);
const icon = () => document.querySelector('link[rel="icon"]');

function put(title, share) {
  document.title = title;
  own ??= icon()?.href;
  if (icon()) icon().href = share === null ? own : ring(share);
}

/** A ring that closes as the work goes on. */
function ring(share) {
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = SIDE;
  const pen = canvas.getContext("2d");
  const arc = (colour, part) => {
    pen.beginPath();
    pen.strokeStyle = colour;
    pen.lineWidth = 12;
    pen.arc(SIDE / 2, SIDE / 2, SIDE / 2 - 8, -Math.PI / 2, (2 * part - 0.5) * Math.PI);
    pen.stroke();
  };
  arc("#b9bdbb", 1);
  arc("#1fa294", share);
  return canvas.toDataURL();
}
