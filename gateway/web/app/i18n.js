// Texts in the language of the reader. A text has places such as {name}; each area has a module of its own in texts/
// that exports `en` and `ko` with the same keys (a test compares them).

import { prefer, preference } from "./preferences.js";

export const LANGUAGES = { en: "English", ko: "한국어" };

let current = preference("language") ?? (navigator.language?.toLowerCase().startsWith("ko") ? "ko" : "en");
if (!Object.hasOwn(LANGUAGES, current)) current = "en";

export function language() {
  return current;
}

/** Takes the language that a person has chosen. */
export function setLanguage(name) {
  current = Object.hasOwn(LANGUAGES, name) ? name : "en";
  prefer("language", current);
  document.documentElement.lang = current;
}

/** The text function of an area, from its module: `const t = texts(words)`, then `t("key", {name})` while drawing. */
export function texts(module) {
  return (key, values = {}) => {
    const text = module[current]?.[key] ?? module.en[key];
    if (text === undefined) throw new Error(`there is no text ${key}`);
    return text.replace(/\{(\w+)\}/g, (place, name) => (Object.hasOwn(values, name) ? String(values[name]) : place));
  };
}
