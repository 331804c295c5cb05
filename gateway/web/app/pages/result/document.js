// The result as a document: what was asked for, all of it as JSON, and what the server says of itself.

import { h } from "../../dom.js";
import { moment, number, percent } from "../../format.js";
import { texts } from "../../i18n.js";
import { badge } from "../../parts/badge.js";
import { card } from "../../parts/card.js";
import { commandLine } from "../../parts/command.js";
import { copyable } from "../../parts/secret.js";
import { table } from "../../parts/table.js";
import * as words from "../../texts/result.js";

const t = texts(words);

export function documentOf(result) {
  const text = JSON.stringify(result, null, 2);
  const command = commandLine(["runs", "show", result.run_id, "--json"]);
  return [
    card(t("configuration"), {}, configuration(result.config)),
    card(t("raw"), {}, copyable(command), h("details", {}, h("summary", {}, t("show_raw")), h("pre", { class: "raw", tabindex: "0" }, text))),
  ];
}

function configuration(config) {
  const isSet = (value) => value !== null && value !== "" && !(typeof value === "object" && Object.keys(value).length === 0);
  const shown = (value) => (typeof value === "object" ? JSON.stringify(value) : String(value));
  return h("dl", { class: "facts" }, Object.entries(config).filter(([, value]) => isSet(value)).flatMap(([name, value]) => [h("dt", {}, h("code", {}, name)), h("dd", {}, shown(value))]));
}

export function validation({ validation: one }) {
  const passed = one.overall_passed;
  const state = passed === null ? badge(t("not_compared"), "warn") : badge(t(passed ? "passed" : "missed"), passed ? "good" : "bad");
  const columns = [
    { key: "metric_name", label: t("metric") },
    { key: "client", label: t("we_saw"), numeric: true, cell: (row) => number(row.client_value, 5) },
    { key: "server", label: t("server_saw"), numeric: true, cell: (row) => number(row.server_value, 5) },
    { key: "difference", label: t("difference"), numeric: true, cell: (row) => `${number(row.difference_percent)} %` },
    { key: "passed", label: t("outcome"), cell: (row) => badge(t(row.passed ? "passed" : "missed"), row.passed ? "good" : "bad") },
  ];
  return card(
    t("validation"), { beside: state },
    h("p", { class: "small" }, t("tolerance", { share: percent(one.tolerance), at: moment(one.validated_at) })),
    one.all_comparisons.length > 0 && table(columns, one.all_comparisons, { caption: t("validation") }),
    one.all_warnings.length > 0 && h("ul", {}, one.all_warnings.map((text) => h("li", {}, text))),
  );
}
