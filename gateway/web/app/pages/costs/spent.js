// What was spent in a period: in all, day by day, and by whom or what.

import { makeChart } from "../../charts.js";
import { h } from "../../dom.js";
import { count, dollars, number, perCent, short } from "../../format.js";
import { texts } from "../../i18n.js";
import { card, figure, figures } from "../../parts/card.js";
import { field } from "../../parts/form.js";
import { PERIODS, periodField, periodOf } from "../../parts/period.js";
import { region } from "../../parts/region.js";
import { empty } from "../../parts/states.js";
import { table } from "../../parts/table.js";
import { link } from "../../router.js";
import { may } from "../../session.js";
import * as words from "../../texts/costs.js";

const SHOWN_OF_TRACES = 12;
const DIMENSIONS = ["model", "provider", "team", "user", "environment", "tag"];
const t = texts(words);

export function spent({ query, api, signal, setQuery }) {
  const period = periodOf(query, "30d");
  const by = DIMENSIONS.includes(query.by) ? query.by : "model";
  const start = PERIODS[period];
  const summary = region({
    load: () => api.get("/api/v1/costs/summary", { query: { start_time: start } }),
    draw: ({ data }, drawn) => (Number(data.overview.total_requests) ? [totals(data.overview), days(data.trends, drawn), dearest(data.top_traces)] : empty(t("nothing"), t("nothing_advice"))),
    signal,
  });
  const shares = region({
    load: () => api.get("/api/v1/costs/attribution", { query: { start_time: start, end_time: "now", dimension: by, limit: 200 } }),
    draw: ({ data }) => shareTable(data.items),
    signal,
  });
  const dimension = field({
    name: "by", label: t("by"), type: "select", value: by, options: DIMENSIONS.map((one) => [one, t(`by_${one}`)]),
    onchange: () => setQuery({ by: dimension.value() }),
  });
  const filters = h("div", { class: "filters" }, periodField(period, (chosen) => setQuery({ period: chosen })));
  return [filters, summary.node, card(t("shares"), { beside: h("div", { class: "filters" }, dimension.node) }, shares.node)];
}

function totals(overview) {
  const change = (value) => `${value > 0 ? "+" : ""}${number(value)} %`;
  return figures(
    figure(t("total"), dollars(overview.total_cost), { term: "cost" }),
    figure(t("prompt"), dollars(overview.prompt_cost)),
    figure(t("completion"), dollars(overview.completion_cost)),
    figure(t("requests"), short(overview.total_requests)),
    figure(t("each"), dollars(overview.avg_cost_per_request)),
    figure(t("thousand_tokens"), dollars(overview.avg_cost_per_1k_tokens)),
    overview.day_over_day_change !== null && figure(t("day_over_day"), change(overview.day_over_day_change)),
    overview.week_over_week_change !== null && figure(t("week_over_week"), change(overview.week_over_week_change)),
  );
}

function days(trends, signal) {
  const { daily } = trends;
  const series = [{ name: t("cost"), x: daily.map(({ date }) => date), y: daily.map(({ cost }) => cost), kind: "bar" }];
  return card(t("day_by_day"), {}, makeChart({ title: "", series, x: { time: true, title: t("day") }, y: { title: "USD" } }, signal).node);
}

function dearest(traces) {
  const id = ({ trace_id: trace }) => {
    const end = h("code", {}, `…${trace.slice(-SHOWN_OF_TRACES)}`); // they begin with their run
    return may("traces:read") ? h("a", { href: link("trace", [trace]) }, end) : end;
  };
  const columns = [
    { key: "trace", label: t("trace"), cell: id },
    { key: "model", label: t("by_model"), sort: ({ model }) => model },
    { key: "tokens", label: t("tokens"), cell: ({ tokens }) => count(tokens), sort: ({ tokens }) => Number(tokens), numeric: true },
    { key: "cost", label: t("cost"), cell: ({ cost }) => dollars(cost), sort: ({ cost }) => cost, numeric: true },
  ];
  return traces.length > 0 && card(t("dearest"), {}, table(columns, traces, { caption: t("dearest") }));
}

function shareTable(items) {
  const columns = [
    { key: "dimension_value", label: t("name"), sort: (item) => item.dimension_value },
    { key: "cost", label: t("cost"), cell: (item) => dollars(item.total_cost), sort: (item) => item.total_cost, numeric: true, term: "cost" },
    { key: "share", label: t("share"), cell: (item) => perCent(item.cost_percentage), sort: (item) => item.cost_percentage, numeric: true },
    { key: "requests", label: t("requests"), cell: (item) => count(item.request_count), sort: (item) => Number(item.request_count), numeric: true },
    { key: "tokens", label: t("tokens"), cell: (item) => short(item.total_tokens), sort: (item) => Number(item.total_tokens), numeric: true },
    { key: "each", label: t("each"), cell: (item) => dollars(item.avg_cost_per_request), sort: (item) => item.avg_cost_per_request, numeric: true },
  ];
  return table(columns, items, { caption: t("shares"), empty: empty(t("nothing")) });
}
