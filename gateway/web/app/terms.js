// What each word of a measurement means, as docs/concepts.md has it: shown where the word stands.

import { language } from "./i18n.js";
import * as words from "./texts/terms.js";

/** The name and the definition of a term, in the language of the reader. */
export function define(key) {
  const found = words[language()][key] ?? words.en[key];
  if (!found) throw new Error(`there is no term ${key}`);
  const [name, text] = found;
  return { name, text };
}
