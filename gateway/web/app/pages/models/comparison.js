// Some models side by side, and which is best at what.

import { h } from "../../dom.js";
import { count, dollars, milliseconds, number, percent, short } from "../../format.js";
import { texts } from "../../i18n.js";
import { card, figure, figures } from "../../parts/card.js";
import { PERIODS } from "../../parts/period.js";
import { region } from "../../parts/region.js";
import { table } from "../../parts/table.js";
import { link } from "../../router.js";
import * as words from "../../texts/models.js";

const NOBODY = "N/A";
const t = texts(words);

export function comparison({ models, period, api, signal }) {
  return region({
    load: () => api.get("/api/v1/models/compare", { query: { models, start_time: PERIODS[period] } }),
    draw: ({ data }) => [best(data.summary), card(t("side_by_side"), {}, sideBySide(data.models)), advice(data.summary.recommendations)],
    signal,
  }).node;
}

function best(summary) {
  const named = (name) => (name === NOBODY ? t("nobody") : name);
  return figures(
    figure(t("fastest"), named(summary.fastest_model)),
    figure(t("cheapest"), named(summary.cheapest_model)),
    figure(t("most_reliable"), named(summary.most_reliable_model)),
  );
}

function advice(sentences) {
  return sentences.length > 0 && card(t("what_follows"), {}, h("ul", {}, sentences.map((one) => h("li", {}, one))));
}

function sideBySide(models) {
  const column = (key, label, shown, term = "") => ({
    key, label, term, numeric: true, cell: ({ metrics }) => shown(metrics[key]), sort: ({ metrics }) => metrics[key],
  });
  const columns = [
    { key: "model", label: t("model"), cell: ({ model }) => h("a", { href: link("models", [], { model }) }, model), sort: ({ model }) => model },
    { key: "provider", label: t("provider"), sort: ({ provider }) => provider },
    column("request_count", t("requests"), count),
    column("avg_latency_ms", t("mean_latency"), milliseconds, "e2e"),
    column("p95_latency_ms", t("p95_latency"), milliseconds, "percentile"),
    column("success_rate", t("success"), percent, "success_rate"),
    column("throughput_rps", t("throughput"), number, "request_rate"),
    column("total_tokens", t("tokens"), short, "tokens"),
    column("avg_cost_usd", t("mean_cost"), dollars, "cost"),
    column("total_cost_usd", t("cost"), dollars),
  ];
  return table(columns, models, { caption: t("side_by_side") });
}
