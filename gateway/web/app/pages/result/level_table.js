// Every level in figures, with its errors; each leads to its requests.

import { h, spoken } from "../../dom.js";
import { count, milliseconds, number, perCent } from "../../format.js";
import { texts } from "../../i18n.js";
import { badge } from "../../parts/badge.js";
import { card } from "../../parts/card.js";
import { table } from "../../parts/table.js";
import { link } from "../../router.js";
import { may } from "../../session.js";
import * as words from "../../texts/result.js";
import { levelName, loadOf } from "./levels.js";

const t = texts(words);

/** The traces of a run, or of one of its levels. */
export function tracesAddress(runId, level = null) {
  if (level === null) return link("traces", [], { run_id: runId });
  return link("traces", [], { tab: "conditions", where: JSON.stringify([["run_id", "eq", runId], ["level", "eq", String(level)]]) });
}

export function levelTables(result, { query, choose }) {
  const sort = { key: query.sort ?? "level", descending: query.order === "desc" };
  const onSort = ({ key, descending }) => choose({ sort: key, order: descending ? "desc" : null });
  const figureColumn = (key, label, of, shown, term = "") => ({ key, label, term, numeric: true, cell: (one) => shown(of(one)), sort: of });
  const latency = (key, name, of, term) => figureColumn(key, name, of, milliseconds, term);
  // Of too few values the terminal and reports say the same.
  const tail = (key, name, of, term = "") => ({ key, label: name, term, numeric: true, cell: (one) => tailOf(of(one)), sort: (one) => of(one).p99 });
  const columns = [
    { key: "level", label: t("level"), cell: levelName, sort: loadOf },
    { key: "verdict", label: t("verdict"), term: "verdict", cell: verdict },
    figureColumn("throughput", t("tokens_per_second"), (one) => one.throughput_tokens_per_sec, number, "throughput"),
    figureColumn("rate", t("requests_per_second"), (one) => one.request_rate_per_sec, number, "request_rate"),
    figureColumn("achieved", t("achieved"), (one) => one.achieved_rate, number, "achieved_rate"),
    latency("ttft50", "TTFT p50", (one) => one.ttft.p50, "ttft"),
    tail("ttft99", "TTFT p99", (one) => one.ttft),
    latency("tpot50", "TPOT p50", (one) => one.tpot.p50, "tpot"),
    tail("itl99", "ITL p99", (one) => one.itl, "itl"),
    latency("e2e50", "E2E p50", (one) => one.e2e_latency.p50, "e2e"),
    tail("e2e99", "E2E p99", (one) => one.e2e_latency),
    { key: "requests", label: t("requests"), numeric: true, cell: requests, sort: (one) => one.total_requests },
    figureColumn("errors", t("errors"), (one) => one.error_rate_percent, perCent, "error_rate"),
    figureColumn("goodput", t("goodput"), (one) => one.goodput?.goodput_percent ?? null, perCent, "goodput"),
    { key: "stalls", label: t("stalls"), term: "stalls", numeric: true, cell: stalls, sort: (one) => Number(one.stalled_requests) },
    { key: "traces", label: t("traces"), cell: (one) => may("traces:read") && h("a", { href: tracesAddress(result.run_id, one.index) }, t("show"), spoken(` ${levelName(one)}`)) },
  ];
  return [
    card(t("levels"), {}, h("p", { class: "small" }, t("missing_p99")), table(columns, result.results, { caption: t("levels"), sort, onSort })),
    card(t("errors_by_class"), {}, errors(result.results)),
    card(t("reasons"), {}, reasons(result.results)),
  ];
}

function verdict({ verdict: one }) {
  return one && badge(t(`verdict_${one.status}`), one.status);
}

/** How many requests there were, and what became of those that neither succeeded nor failed. */
function requests(level) {
  const others = ["cancelled", "censored", "unexecuted"].map((name) => [name, level[`${name}_requests`]]).filter(([, found]) => found);
  return [count(level.total_requests), others.map(([name, found]) => h("div", { class: "small" }, t(`of_${name}`, { count: count(found) })))];
}

function tailOf({ p99, p99_bound: bound }) {
  return p99 === null && bound ? `≤ ${milliseconds(bound.at_most)}` : milliseconds(p99);
}

function stalls({ stalled_requests: stalled, longest_stall_ms: longest }) {
  return longest === null ? count(stalled) : `${count(stalled)} (${milliseconds(longest)})`;
}

function errors(levels) {
  const rows = levels.flatMap((level) => Object.entries(level.errors).map(([name, times]) => ({ level, name, times: Number(times), message: level.error_messages[name] })));
  if (!rows.length) return h("p", {}, t("no_errors"));
  const columns = [
    { key: "level", label: t("level"), cell: ({ level }) => levelName(level) },
    { key: "name", label: t("error_class"), term: "errors", cell: ({ name }) => h("code", {}, name) },
    { key: "times", label: t("requests"), numeric: true, cell: ({ times }) => count(times) },
    { key: "message", label: t("example") },
  ];
  return table(columns, rows, { caption: t("errors_by_class") });
}

function reasons(levels) {
  const all = levels.flatMap((level) => (level.verdict?.reasons ?? []).map((text) => h("li", {}, h("strong", {}, levelName(level)), " ", text)));
  return all.length ? h("ul", {}, all) : h("p", {}, t("no_reasons"));
}
