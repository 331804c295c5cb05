// Numbers, units and times as people read them. What was not measured is a dash, never a zero.

import { language } from "./i18n.js";

export const NOTHING = "–";

const SCALES = [
  [1e12, "T"],
  [1e9, "G"],
  [1e6, "M"],
  [1e3, "k"],
];
const BYTES = ["B", "KiB", "MiB", "GiB", "TiB"];

const formats = new Map();

function numberFormat(options) {
  const key = language() + JSON.stringify(options);
  if (!formats.has(key)) formats.set(key, new Intl.NumberFormat(language(), options));
  return formats.get(key);
}

function isNumber(value) {
  return value !== null && value !== undefined && value !== "" && Number.isFinite(Number(value));
}

/** A number with so many digits that matter; whole numbers with all of theirs. */
export function number(value, digits = 3) {
  if (!isNumber(value)) return NOTHING;
  const given = Number(value);
  if (Number.isInteger(given) || Math.abs(given) >= 10 ** digits) {
    return numberFormat({ maximumFractionDigits: 0 }).format(given);
  }
  return numberFormat({ maximumSignificantDigits: digits }).format(given);
}

export function count(value) {
  return isNumber(value) ? numberFormat({ maximumFractionDigits: 0 }).format(Number(value)) : NOTHING;
}

/** 12300 as 12.3k. */
export function short(value) {
  if (!isNumber(value)) return NOTHING;
  const scale = SCALES.find(([least]) => Math.abs(Number(value)) >= least);
  return scale ? number(Number(value) / scale[0]) + scale[1] : number(value);
}

/** Milliseconds, in the unit that fits. */
export function milliseconds(value) {
  if (!isNumber(value)) return NOTHING;
  const given = Number(value);
  if (Math.abs(given) >= 10_000) return `${number(given / 1000)} s`;
  return Math.abs(given) < 1 && given !== 0 ? `${number(given * 1000)} µs` : `${number(given)} ms`;
}

/** A duration in seconds as 1:05 or 2:01:05. */
export function clock(seconds) {
  if (!isNumber(seconds)) return NOTHING;
  const whole = Math.max(0, Math.round(Number(seconds)));
  const two = (part) => String(part).padStart(2, "0");
  const [hours, minutes, rest] = [Math.floor(whole / 3600), Math.floor((whole % 3600) / 60), whole % 60];
  return hours ? `${hours}:${two(minutes)}:${two(rest)}` : `${minutes}:${two(rest)}`;
}

/** A share of 1 in per cent. */
export function percent(share) {
  return isNumber(share) ? perCent(Number(share) * 100) : NOTHING;
}

/** A share that is given in per cent. Nearly all is not written as all. */
export function perCent(value) {
  if (!isNumber(value)) return NOTHING;
  const isNearlyAll = Number(value) < 100 && number(value) === number(100);
  return isNearlyAll ? `> ${number(99.9)} %` : `${number(value)} %`;
}

export function perSecond(value, unit = "") {
  return isNumber(value) ? `${number(value)} ${unit}/s` : NOTHING;
}

export function bytes(value) {
  if (!isNumber(value)) return NOTHING;
  let rest = Number(value);
  let unit = 0;
  while (Math.abs(rest) >= 1024 && unit < BYTES.length - 1) {
    rest /= 1024;
    unit += 1;
  }
  return `${number(rest)} ${BYTES[unit]}`;
}

export function dollars(value) {
  if (!isNumber(value)) return NOTHING;
  const small = Math.abs(Number(value)) < 1 && Number(value) !== 0;
  const options = small ? { maximumSignificantDigits: 3 } : { minimumFractionDigits: 2, maximumFractionDigits: 2 };
  return `$${numberFormat(options).format(Number(value))}`;
}

/** A moment as the reader's own clock has it. */
export function moment(text) {
  const at = instant(text);
  if (at === null) return NOTHING;
  const options = { year: "numeric", month: "short", day: "numeric", hour: "2-digit", minute: "2-digit", second: "2-digit" };
  return new Intl.DateTimeFormat(language(), options).format(at);
}

/** How long ago. */
export function ago(text) {
  const at = instant(text);
  if (at === null) return NOTHING;
  const seconds = (at - Date.now()) / 1000;
  const [size, unit] = [[86_400, "day"], [3_600, "hour"], [60, "minute"]].find(([one]) => Math.abs(seconds) >= one) ?? [1, "second"];
  return new Intl.RelativeTimeFormat(language(), { numeric: "auto" }).format(Math.round(seconds / size), unit);
}

function instant(text) {
  if (!text) return null;
  const at = new Date(text);
  return Number.isNaN(at.getTime()) ? null : at;
}
