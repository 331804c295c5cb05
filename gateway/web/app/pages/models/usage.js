// One model over time: what it was used for, how fast it was, what it cost.

import { path } from "../../api.js";
import { makeChart } from "../../charts.js";
import { count, dollars, milliseconds, percent, short } from "../../format.js";
import { texts } from "../../i18n.js";
import { card, figure, figures } from "../../parts/card.js";
import { PERIODS } from "../../parts/period.js";
import { region } from "../../parts/region.js";
import { empty } from "../../parts/states.js";
import * as words from "../../texts/models.js";

const t = texts(words);

export function usage({ model, period, api, signal }) {
  return region({
    load: () => api.get(`${path`/api/v1/models/${model}`}/usage`, { query: { start_time: PERIODS[period] } }),
    draw: ({ data }, drawn) => [overview(data), data.time_series.length ? charts(data, drawn) : empty(t("unused"), t("unused_advice"))],
    signal,
  }).node;
}

function overview(data) {
  const requests = Number(data.request_count);
  const success = requests ? Number(data.success_count) / requests : null;
  return figures(
    figure(t("requests"), count(requests)),
    figure(t("success"), percent(success), { term: "success_rate", tone: success !== null && success < 0.99 ? "warn" : "" }),
    figure(t("mean_latency"), milliseconds(data.avg_latency_ms), { term: "e2e" }),
    figure(t("p95_latency"), milliseconds(data.p95_latency_ms), { term: "percentile" }),
    figure(t("prompt_tokens"), short(data.prompt_tokens), { term: "tokens" }),
    figure(t("completion_tokens"), short(data.completion_tokens)),
    figure(t("cost"), dollars(data.total_cost_usd), { term: "cost" }),
    figure(t("users"), count(data.unique_users)),
  );
}

function charts({ time_series: points, start_time: start, end_time: end }, signal) {
  const axis = { time: true, range: [new Date(start), new Date(end)] }; // in the reader's time zone, as the points are
  const x = points.map(({ timestamp }) => new Date(timestamp));
  const all = (name) => points.map((point) => Number(point[name]));
  const requests = {
    title: t("requests_over_time"),
    series: [{ name: t("requests"), x, y: all("request_count"), kind: "both" }, { name: t("failed"), x, y: all("error_count"), kind: "both" }],
    x: axis, y: { title: t("requests") },
  };
  const cost = {
    title: t("tokens_and_cost"),
    series: [{ name: t("tokens"), x, y: all("total_tokens"), kind: "both" }, { name: t("cost"), x, y: all("total_cost_usd"), kind: "both", axis: 2 }],
    x: axis, y: { title: t("tokens") }, y2: { title: "USD" },
  };
  return [requests, cost].map((spec) => card(spec.title, {}, makeChart({ ...spec, title: "" }, signal).node));
}
