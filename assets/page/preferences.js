// What a person has set for the page in this browser; another device has its own eyes and its own speed.

import { local } from "./store.js";

const KEY = "studio.preferences";
const USUAL = { theme: "system", previews: true, canvas: true, follow: true, format: "png" };
const hearers = new Set();
let ours = false;
const dark = matchMedia("(prefers-color-scheme: dark)");

const kept = () => local.get(KEY, {}) ?? {};

/** What is set under a name, or what is usual; of what was kept by another version, only what is still sound counts. */
export function preference(name) {
  const value = kept()[name];
  return typeof value === typeof USUAL[name] ? value : USUAL[name];
}

export function prefer(name, value) {
  local.set(KEY, { ...kept(), [name]: value });
  tell();
}

/** Call `heard()` whenever something is set, in this window or in another. */
export function changed(heard) {
  hearers.add(heard);
}

function tell() {
  suit();
  for (const heard of hearers) heard();
}

/** Light or dark, where that was ever set here; otherwise it is Gradio's business, which marks it on the body. */
export function suit() {
  const theme = preference("theme");
  ours ||= theme !== "system";
  if (ours) document.body.classList.toggle("dark", theme === "system" ? dark.matches : theme === "dark");
}

addEventListener("storage", ({ key }) => key === KEY && tell());
dark.addEventListener("change", suit);
