// All filters of a list of requests; which are given stands in the address under their own names.

import { ApiError } from "../../api.js";
import { h } from "../../dom.js";
import { texts } from "../../i18n.js";
import { field, form } from "../../parts/form.js";
import * as words from "../../texts/traces.js";

const t = texts(words);

// `usual` ones are always shown, the others when they are wanted.
export const FILTERS = [
  { name: "from", usual: true, placeholder: "now-24h" },
  { name: "to", usual: true, placeholder: "now" },
  { name: "model", usual: true },
  { name: "status", usual: true, options: ["", "OK", "ERROR", "UNSET"] },
  { name: "search", usual: true },
  { name: "run_id", usual: true },
  { name: "trace_id" },
  { name: "provider" },
  { name: "environment" },
  { name: "operation_type", options: ["", "chat", "completion"] },
  { name: "project_id" },
  { name: "session_id" },
  { name: "user_id" },
  { name: "tags" },
  { name: "tags_all" },
  { name: "min_duration_ms", type: "number" },
  { name: "max_duration_ms", type: "number" },
  { name: "min_cost", type: "number" },
  { name: "max_cost", type: "number" },
  { name: "min_tokens", type: "number" },
  { name: "max_tokens", type: "number" },
];

/** What the gateway has refused, with the filters called as they are here. */
export function inWordsOfFilters(error) {
  if (!(error instanceof ApiError) || !error.field) return error;
  const labelOf = (called) => (FILTERS.some((filter) => filter.name === called) ? t(`filter_${called}`) : called);
  // Elsewhere "from" and "to" are words of the sentence.
  const names = error.reason === "INVALID_DATE_RANGE" ? /\b(?:from|to)\b/g : /\b[a-z]+_[a-z_]+\b/g;
  const message = error.message.replace(names, (called) => (labelOf(called) === called ? called : `“${labelOf(called)}”`));
  return new ApiError({ ...error, field: labelOf(error.field), message });
}

/** The filters that a query has, as parameters of the list. */
export function givenOf(query) {
  return Object.fromEntries(FILTERS.filter(({ name }) => query[name]).map(({ name }) => [name, query[name]]));
}

/** The form; `ask(given)` gets what was filled in. */
export function filterForm(query, ask, signal) {
  const fields = FILTERS.map((filter) => made(filter, query));
  const shown = (isUsual) => fields.filter((_, index) => Boolean(FILTERS[index].usual) === isUsual).map(({ node }) => node);
  const isMore = FILTERS.some(({ name, usual }) => !usual && query[name]);
  const body = [
    h("div", { class: "fields" }, shown(true)),
    h("details", { open: isMore }, h("summary", {}, t("more")), h("div", { class: "fields" }, shown(false))),
  ];
  const clear = h("button", { type: "button", onclick: () => ask({}) }, t("clear"));
  return form({ fields, action: t("find"), body, beside: clear, signal, send: async (values) => ask(filled(values)) }).node;
}

function made({ name, type = "text", options = null, placeholder = "" }, query) {
  const shared = { name, label: t(`filter_${name}`), value: query[name] ?? "", placeholder };
  if (options) return field({ ...shared, type: "select", options: options.map((one) => [one, one ? t(`value_${one}`) : t("any")]) });
  return field(type === "number" ? { ...shared, type, min: 0, step: "any" } : { ...shared, type, maxlength: 512 });
}

function filled(values) {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== "" && value !== null));
}
