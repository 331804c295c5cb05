// Conditions on any field, all of which must hold, or any, or none: what filters cannot say. In the address they are
// `where`, a list of [field, operator, value], and `join`.

import { h, replace } from "../../dom.js";
import { texts } from "../../i18n.js";
import { field, form } from "../../parts/form.js";
import * as words from "../../texts/traces.js";

const MOST = 20;
const JOINS = ["and", "or", "not"];
export const OPERATORS = [
  "eq", "ne", "gt", "gte", "lt", "lte", "in", "not_in", "contains", "not_contains", "starts_with", "ends_with", "regex", "search", "exists", "between",
];
const NUMBERS = [
  "duration_ms", "ttft_ms", "tokens_per_second", "prompt_tokens", "completion_tokens", "total_tokens", "total_cost_usd", "client_delay_ms", "level", "http_status",
];
const FIELDS = [
  "model", "status_code", "error_message", "finish_reason", ...NUMBERS, "ts", "run_id", "agent_id", "provider", "environment", "project_id", "user_id", "session_id", "tags",
  "operation_type", "input_text", "output_text",
];
const t = texts(words);

/** The filter of a query; without conditions one that joins none. */
export function conditionsOf(query) {
  const all = rowsOf(query).map(([name, operator, value]) => ({ field: name, operator, value: valueOf(name, operator, value) }));
  if (query.join !== "not" || !all.length) return { operator: query.join === "or" ? "or" : "and", filters: all };
  return { operator: "not", filters: [{ operator: "or", filters: all }] };
}

/** The form; `ask(where, join)` gets what stands in the address. */
export function conditionsForm(query, ask, signal) {
  const rows = rowsOf(query);
  const made = (rows.length ? rows : [["ttft_ms", "gt", ""]]).map(row);
  const list = h("div", { class: "conditions" });
  const names = h("datalist", { id: "trace-fields" }, FIELDS.map((name) => h("option", { value: name })));
  const join = field({ name: "join", label: t("join"), type: "select", value: query.join ?? "and", options: JOINS.map((one) => [one, t(`join_${one}`)]) });
  const add = h("button", { type: "button", onclick: () => { made.push(row(["", "eq", ""])); draw(); made.at(-1).parts[0].input.focus(); } }, t("add"));

  function draw() {
    replace(list, made.map((one) => {
      const remove = h("button", { type: "button", onclick: () => { made.splice(made.indexOf(one), 1); draw(); add.focus(); } }, t("remove"));
      return h("div", { class: "fields condition" }, one.parts.map(({ node }) => node), h("div", { class: "actions" }, remove));
    }));
    add.disabled = made.length >= MOST;
  }

  const send = async () => {
    const given = made.map(({ parts }) => parts.map((part) => part.value().trim())).filter(([name]) => name);
    ask(given.length ? JSON.stringify(given) : null, join.value() === "and" ? null : join.value());
  };
  draw();
  return form({ fields: [join], action: t("find"), body: [join.node, names, list], beside: add, send, signal }).node;
}

function row([name, operator, value]) {
  const parts = [
    field({ name: "field", label: t("field"), value: name, list: "trace-fields", maxlength: 128, autocomplete: "off" }),
    field({ name: "operator", label: t("operator"), type: "select", value: operator, options: OPERATORS.map((one) => [one, t(`operator_${one}`)]) }),
    field({ name: "value", label: t("value"), value, hint: t("value_hint"), maxlength: 1024, autocomplete: "off" }),
  ];
  return { parts };
}

/** What an address says; what is not a list of conditions says nothing. */
function rowsOf({ where }) {
  if (!where) return [];
  try {
    const found = JSON.parse(where);
    return found.filter((one) => Array.isArray(one) && one.length === 3).slice(0, MOST).map((one) => one.map(String));
  } catch {
    return [];
  }
}

function valueOf(name, operator, text) {
  if (operator === "exists") return text !== "false";
  if (operator === "in" || operator === "not_in" || operator === "between") return text.split(",").map((one) => single(name, one.trim()));
  if (text === "" && (operator === "eq" || operator === "ne")) return null;
  return single(name, text);
}

function single(name, text) {
  return NUMBERS.includes(name) && text !== "" && Number.isFinite(Number(text)) ? Number(text) : text;
}
