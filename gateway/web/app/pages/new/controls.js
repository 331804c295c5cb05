// The fields of the form, made of their lines in fields.js; each is read and filled as a text.

import { texts } from "../../i18n.js";
import { field } from "../../parts/form.js";
import * as words from "../../texts/new.js";
import { presetOf } from "./fields.js";

const t = texts(words);

/** The field of a line of fields.js. */
export function fieldOf(about, value) {
  const { name, kind, options, type, term, required, placeholder } = about;
  const isNumber = kind === "number" || kind === "integer";
  return field({
    name,
    label: t(name),
    term,
    required,
    hint: about.hint ? t(`hint_${name}`) : "",
    type: typeOf(about),
    value: typeOf(about) === "checkbox" ? value === "true" : value,
    options: options?.map((word) => [word, word === "" ? t("not_said") : textOfOption(name, word)]),
    autocomplete: "off",
    ...(type === "textarea" ? { rows: 2 } : {}),
    // No number field of the browser: what it cannot read it gives as nothing, and what is out of sight it holds up.
    ...(isNumber ? { inputmode: kind === "integer" ? "numeric" : "decimal" } : {}),
    placeholder: placeholder ?? (presetOf(about) || null),
  });
}

function typeOf({ kind, options, type }) {
  if (options) return "select";
  if (kind === "flag") return "checkbox";
  return type ?? "text";
}

function textOfOption(name, word) {
  const key = `${name}_${word}`;
  return Object.hasOwn(words.en, key) ? t(key) : word;
}

/** The text of a field. */
export function textOf(about, { input }) {
  return typeOf(about) === "checkbox" ? String(input.checked) : input.value.trim();
}

/** Puts a text into a field. */
export function fillIn(about, { input }, value) {
  if (typeOf(about) === "checkbox") input.checked = value === "true";
  else input.value = value;
}
