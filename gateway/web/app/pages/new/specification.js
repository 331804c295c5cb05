// From the texts of the fields to the specification of a run, and to and from the address. Pure.

import { pairsOf } from "../../parts/pairs.js";
import { FIELDS, applies, presetOf } from "./fields.js";

const LIST = /[\s,]+/;
const HAS_PASSWORD = /^[^/?#]*\/\/[^/?#]*@/;

/** A text that cannot be read, at a field. `key` is that of what to say, `named` what is said in it. */
export class Unreadable extends Error {
  constructor(key, named = {}) {
    super(key);
    this.key = key;
    this.named = named;
  }
}

const KINDS = {
  text: (text) => text,
  flag: (text) => text === "true",
  number: numeric,
  integer: (text) => whole(text),
  whole: (text) => whole(text),
  integers: (text) => text.split(LIST).filter(Boolean).map(whole),
  numbers: (text) => text.split(LIST).filter(Boolean).map(numeric),
  words: (text) => text.split(",").map((word) => word.trim()).filter(Boolean),
  pairs: (text) => pairs(text.split(/[,\n]/), "=", "not_pairs"),
  headers: (text) => pairs(text.split("\n"), ":", "not_headers"),
  json: object,
};

/** The texts of all fields that a query stands for. */
export function valuesOf(query) {
  return Object.fromEntries(FIELDS.map((field) => [field.name, (!field.secret && query[field.name]) || presetOf(field)]));
}

/** What the query has to say of texts: nothing of what is preset, and nothing secret, such as a password in a URL. */
export function queryOf(values) {
  const isSecret = (field) => field.secret || (field.type === "url" && HAS_PASSWORD.test(values[field.name]));
  const told = (field) => (isSecret(field) || values[field.name] === presetOf(field) ? null : values[field.name]);
  return Object.fromEntries(FIELDS.map((field) => [field.name, told(field)]));
}

/** The specification of a run; {specification, problems}, the latter [name of the field, key of a text, its places]. */
export function specificationOf(values) {
  const specification = {};
  const problems = [];
  for (const field of FIELDS) {
    if (field.choice || !applies(field, values)) continue;
    const text = values[field.name];
    if (text === "" && field.needed) problems.push([field.name, "needed", {}]);
    if (text === "" || (!field.sent && text === presetOf(field))) continue;
    try {
      put(specification, field.name, KINDS[field.kind](text));
    } catch (error) {
      if (!(error instanceof Unreadable)) throw error;
      problems.push([field.name, error.key, error.named]);
    }
  }
  return { specification, problems };
}

function put(specification, name, value) {
  const [outer, inner] = name.split(".");
  if (inner === undefined) specification[outer] = value;
  else specification[outer] = { ...specification[outer], [inner]: value };
}

function numeric(text) {
  const value = Number(text);
  if (!Number.isFinite(value)) throw new Unreadable("not_number");
  return value;
}

function whole(text) {
  const value = numeric(text);
  if (!Number.isInteger(value)) throw new Unreadable("not_whole");
  if (!Number.isSafeInteger(value)) throw new Unreadable("too_large");
  return value;
}

function pairs(lines, sign, key) {
  const { pairs: found, malformed, repeated } = pairsOf(lines, sign);
  if (malformed) throw new Unreadable(key);
  if (repeated) throw new Unreadable("repeated", { name: repeated });
  return found;
}

function object(text) {
  let value = null;
  try {
    value = JSON.parse(text);
  } catch {
    // Said below.
  }
  if (value === null || typeof value !== "object" || Array.isArray(value)) throw new Unreadable("not_object");
  return value;
}
