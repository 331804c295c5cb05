// What is to come: the daily costs of the last 30 days, extended by a straight line.

import { makeChart } from "../../charts.js";
import { dollars, number } from "../../format.js";
import { texts } from "../../i18n.js";
import { card, figure, figures } from "../../parts/card.js";
import { region } from "../../parts/region.js";
import { empty } from "../../parts/states.js";
import * as words from "../../texts/costs.js";

const t = texts(words);

export function forecast({ api, signal }) {
  return region({
    load: () => api.get("/api/v1/costs/forecast", { query: { forecast_period: "next_month" } }),
    draw: ({ data }, drawn) => {
      if (data.historical.every(({ cost }) => !cost)) return empty(t("nothing_spent"), t("no_prices_advice"));
      return [totals(data.summary), card(t("forecast"), {}, makeChart(drawing(data), drawn).node)];
    },
    signal,
  }).node;
}

function totals(summary) {
  return figures(
    figure(t("next_month"), dollars(summary.total_forecasted_cost)),
    figure(t("daily"), dollars(summary.avg_daily_cost)),
    figure(t("fit"), number(summary.r_squared), { note: t("fit_note") }),
  );
}

function drawing({ historical, forecast: coming }) {
  const days = (points) => points.map(({ date }) => date);
  const series = [
    { name: t("past"), x: days(historical), y: historical.map(({ cost }) => cost), kind: "bar" },
    {
      name: t("to_come"), x: days(coming), y: coming.map((one) => one.forecasted_cost), dashed: true,
      low: coming.map((one) => one.lower_bound), high: coming.map((one) => one.upper_bound),
    },
  ];
  return { title: t("forecast_about"), series, x: { time: true, title: t("day") }, y: { title: "USD" } };
}
