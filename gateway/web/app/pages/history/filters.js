// Which runs are listed; what is given stands in the address under the names of the list's own parameters.

import { h } from "../../dom.js";
import { texts } from "../../i18n.js";
import { field, form } from "../../parts/form.js";
import { STATUSES } from "../../parts/run.js";
import * as words from "../../texts/history.js";
import * as runWords from "../../texts/runs.js";

const MOST_SEARCHED = 256; // characters
export const FILTERS = ["search", "status", "model", "labels", "created_from", "created_to", "baseline", "project_id"];
const t = texts(words);
const run = texts(runWords);

/** The filters that a query has, as parameters of the list. */
export function givenOf(query) {
  return Object.fromEntries(FILTERS.filter((name) => query[name]).map((name) => [name, query[name]]));
}

/** The form; `ask(given)` gets every filter, null for those that are empty. */
export function filterForm(query, ask, signal) {
  const text = (name, label, rest = {}) => field({ name, label, value: query[name] ?? "", maxlength: 512, ...rest });
  const choice = (name, label, options) => field({ name, label, type: "select", value: query[name] ?? "", options: [["", t("any")], ...options] });
  const usual = [
    text("search", t("search"), { type: "search", maxlength: MOST_SEARCHED, hint: t("search_hint") }),
    choice("status", t("status"), STATUSES.map((one) => [one, run(`status_${one}`)])),
    text("model", t("model")),
    text("labels", t("labels"), { hint: t("labels_hint") }),
  ];
  const rare = [
    text("created_from", t("from"), { placeholder: "now-7d" }),
    text("created_to", t("to"), { placeholder: "now" }),
    choice("baseline", t("baseline"), [["true", t("baseline_true")], ["false", t("baseline_false")]]),
    text("project_id", t("project")),
  ];
  const body = [
    h("div", { class: "fields" }, usual.map(({ node }) => node)),
    h("details", { open: rare.some(({ name }) => query[name]) }, h("summary", {}, t("more")), h("div", { class: "fields" }, rare.map(({ node }) => node))),
  ];
  const none = Object.fromEntries(FILTERS.map((name) => [name, null]));
  const clear = h("button", { type: "button", onclick: () => ask(none) }, t("clear"));
  const send = async (values) => ask(Object.fromEntries(FILTERS.map((name) => [name, values[name].trim() || null])));
  return form({ fields: [...usual, ...rare], action: t("find"), body, beside: clear, send, signal }).node;
}
