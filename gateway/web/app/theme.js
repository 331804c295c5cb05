// Light or dark: as the system says until somebody chooses.

import { prefer, preference } from "./preferences.js";

const listeners = new Set();
const system = matchMedia("(prefers-color-scheme: dark)");
let chosen = preference("theme");

export function theme() {
  return chosen ?? (system.matches ? "dark" : "light");
}

export function toggleTheme() {
  chosen = theme() === "dark" ? "light" : "dark";
  prefer("theme", chosen);
  apply();
}

/** Calls back whenever colours change, until the signal is aborted. */
export function onTheme(callback, signal) {
  listeners.add(callback);
  signal?.addEventListener("abort", () => listeners.delete(callback), { once: true });
}

export function apply() {
  document.documentElement.dataset.theme = theme();
  for (const callback of [...listeners]) callback(theme());
}

system.addEventListener("change", apply);
