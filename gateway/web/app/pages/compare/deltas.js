// What has changed against the base, figure by figure, with the interval of the change and what follows from it.

import { h, replace } from "../../dom.js";
import { NOTHING, milliseconds, number, perSecond } from "../../format.js";
import { texts } from "../../i18n.js";
import { badge } from "../../parts/badge.js";
import { card } from "../../parts/card.js";
import { field } from "../../parts/form.js";
import { empty } from "../../parts/states.js";
import { table } from "../../parts/table.js";
import * as words from "../../texts/compare.js";
import { levelText } from "./overlays.js";

const USUAL = ["throughput", "request_rate", "ttft.p50", "ttft.p95", "ttft.p99", "tpot.p50", "e2e.p50", "e2e.p95", "e2e.p99", "error_rate", "goodput"];
const TONES = { better: "good", worse: "bad", no_difference: "plain", unknown: "plain" };
const KINDS = {
  usual: (one) => USUAL.includes(one.metric) && (one.base_value !== null || one.value !== null),
  differing: (one) => one.verdict === "better" || one.verdict === "worse",
  all: () => true,
};
const MOST_ROWS = 500;
const t = texts(words);

export function deltas(all, names, { query, choose }) {
  const kind = field({ name: "only", label: t("only"), type: "select", value: query.only ?? "usual", options: Object.keys(KINDS).map((one) => [one, t(`only_${one}`)]) });
  const levels = [...new Set(all.map((one) => one.level))];
  const level = field({ name: "level", label: t("level"), type: "select", value: query.level ?? "", options: [["", t("every_level")], ...levels.map((one) => [one, levelText(one)])] });
  const sort = { key: query.sort ?? "", descending: query.order === "desc" };
  const place = h("div", {});

  function draw() {
    const wanted = all.filter(KINDS[kind.value()] ?? KINDS.usual).filter((one) => !level.value() || one.level === level.value());
    const rows = wanted.slice(0, MOST_ROWS);
    const onSort = ({ key, descending }) => {
      Object.assign(sort, { key, descending });
      choose({ sort: key, order: descending ? "desc" : null });
    };
    replace(place, rows.length < wanted.length && h("p", { class: "small" }, t("first_rows", { count: MOST_ROWS, total: wanted.length })), table(columns(names), rows, { caption: t("deltas"), sort, onSort, empty: empty(t("nothing_differs"), t("nothing_differs_advice")) }));
  }

  for (const one of [kind, level]) one.input.addEventListener("change", () => { draw(); choose({ [one.name]: one.value() || null }); });
  draw();
  return card(t("deltas"), { beside: h("div", { class: "filters" }, kind.node, level.node) }, h("p", { class: "small" }, t("deltas_text")), place);
}

function columns(names) {
  const value = (key, label) => ({ key, label, numeric: true, cell: (one) => shown(one[key], one.unit), sort: (one) => one[key] });
  return [
    { key: "metric", label: t("figure"), cell: (one) => h("code", {}, one.metric), sort: (one) => one.metric },
    { key: "level", label: t("level"), cell: (one) => levelText(one.level), sort: (one) => Number(one.level.replace("rate:", "")) },
    { key: "run", label: t("run"), cell: (one) => h("span", { class: "run-name" }, names.get(one.run_id)), sort: (one) => names.get(one.run_id) },
    value("base_value", t("base_value")),
    value("value", t("value")),
    { key: "change", label: t("change_"), numeric: true, cell: change, sort: (one) => one.change_percent },
    { key: "interval", label: t("interval"), term: "confidence", numeric: true, cell: interval },
    { key: "verdict", label: t("verdict"), cell: verdict, sort: (one) => one.verdict },
  ];
}

function shown(value, unit) {
  if (value === null) return NOTHING;
  if (unit === "ms") return milliseconds(value);
  if (unit === "percent") return `${number(value)} %`;
  return perSecond(value, t(unit === "tokens_per_second" ? "tokens" : "requests"));
}

function signed(value, unit) {
  return value > 0 ? `+${shown(value, unit)}` : shown(value, unit);
}

function change(one) {
  if (one.change === null) return NOTHING;
  if (one.unit === "percent" || one.change_percent === null) return signed(one.change, one.unit);
  return `${signed(one.change_percent, "percent")}`;
}

/** Both ends; where they have the same unit anyway, it stands behind the second alone. */
function interval(one) {
  if (one.change_low === null) return NOTHING;
  const low = one.unit === "ms" ? signed(one.change_low, one.unit) : `${one.change_low > 0 ? "+" : ""}${number(one.change_low)}`;
  return `${low} … ${signed(one.change_high, one.unit)}`;
}

function verdict(one) {
  return [badge(t(`verdict_${one.verdict}`), TONES[one.verdict]), one.unknown_reason && h("div", { class: "small" }, one.unknown_reason)];
}
