// A page of requests, as a table.

import { h } from "../../dom.js";
import { count, dollars, milliseconds, moment } from "../../format.js";
import { texts } from "../../i18n.js";
import { badge } from "../../parts/badge.js";
import { table } from "../../parts/table.js";
import { link } from "../../router.js";
import * as words from "../../texts/traces.js";

const t = texts(words);

/** The state of a badge by the status of a request. */
export const STATES = { OK: "completed", ERROR: "failed", UNSET: "cancelled" };

export function traceTable(traces, { sort, onSort, empty }) {
  const columns = [
    { key: "ts", label: t("ts"), cell: (trace) => h("a", { href: link("trace", [trace.trace_id]) }, moment(trace.ts)), sortable: true },
    { key: "status_code", label: t("status"), cell: status, sortable: true },
    { key: "model", label: t("model"), sortable: true },
    { key: "ttft_ms", label: "TTFT", term: "ttft", cell: (trace) => milliseconds(trace.ttft_ms), sortable: true, numeric: true },
    { key: "duration_ms", label: "E2E", term: "e2e", cell: (trace) => milliseconds(trace.duration_ms), sortable: true, numeric: true },
    { key: "completion_tokens", label: t("completion_tokens"), cell: (trace) => count(trace.completion_tokens), numeric: true },
    { key: "total_cost_usd", label: t("cost"), cell: (trace) => dollars(trace.total_cost_usd), sortable: true, numeric: true },
    { key: "finish_reason", label: t("end"), cell: (trace) => trace.error_message ?? trace.finish_reason ?? "" },
    { key: "run_id", label: t("run"), cell: ({ run_id: id, level }) => h("a", { href: link("result", [id], { level }) }, h("code", {}, id.slice(-8)), ` / ${level}`) },
  ];
  return table(columns, traces, { caption: t("traces"), sort, onSort, remote: true, empty, rowClass: (trace) => (trace.status_code === "ERROR" ? "bad" : null) });
}

function status({ status_code: code }) {
  return badge(t(`status_${code}`), STATES[code]);
}
