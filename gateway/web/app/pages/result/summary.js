// A result at a glance: its best figures, whether they can be believed and why, and what a reader must know.

import { h } from "../../dom.js";
import { clock, count, milliseconds, moment, number, perCent, percent } from "../../format.js";
import { texts } from "../../i18n.js";
import { badge } from "../../parts/badge.js";
import { card, figure, figures } from "../../parts/card.js";
import { labelList, statusBadge } from "../../parts/run.js";
import { term } from "../../parts/term.js";
import * as words from "../../texts/result.js";

const t = texts(words);

export function summary(run, result) {
  return [glance(result), h("div", { class: "columns" }, believed(result), facts(run, result))];
}

function glance({ summary: best }) {
  const at = best.best_rate !== null ? `${number(best.best_rate)}/s` : `c=${number(best.best_concurrency)}`;
  const errors = best.overall_error_rate;
  return figures(
    figure(t("best_throughput"), number(best.best_throughput), { term: "throughput", note: best.best_throughput === null ? "" : t("tokens_per_second_at", { level: at }) }),
    figure(t("best_ttft"), milliseconds(best.best_ttft_p50), { term: "ttft", note: best.best_ttft_p50 === null ? t("no_success") : t("median") }),
    figure(t("requests"), count(best.total_requests)),
    figure(t("errors"), perCent(errors), { term: "error_rate", tone: errors > 0 ? "bad" : "" }),
    figure(t("goodput"), perCent(best.avg_goodput_percent), { term: "goodput", note: best.avg_goodput_percent === null ? t("no_objectives") : "" }),
  );
}

function believed({ verdict, notes }) {
  const { status, reasons } = verdict ?? { status: "", reasons: [] };
  if (!status) return false;
  return card(
    t("believed"), { beside: badge(t(`verdict_${status}`), status) },
    h("p", {}, t(`verdict_${status}_text`)),
    reasons.length > 0 && h("ul", {}, reasons.map((one) => h("li", {}, one))),
    notes.length > 0 && [h("h3", {}, t("notes")), h("ul", {}, notes.map((one) => h("li", {}, one)))],
  );
}

function facts(run, result) {
  const rows = [
    [t("state"), statusBadge(run)],
    [t("model"), result.model],
    [t("server"), h("code", {}, result.server_url)],
    [t("started"), moment(result.started_at)],
    [t("duration"), clock(result.duration_seconds)],
    [term("kernel_timestamps", t("timestamps")), result.timestamp_source],
    [term("percentile", t("percentiles")), result.percentiles === "sketch" ? t("sketch", { error: percent(result.percentile_relative_error) }) : t("exact")],
    [t("labels"), run.baseline || Object.keys(run.labels).length ? labelList(run) : ""],
    [t("people_say"), run.notes],
    [t("run"), h("code", {}, run.run_id)],
  ];
  return card(t("facts"), {}, h("dl", { class: "facts" }, rows.filter(([, value]) => value !== "").flatMap(([name, value]) => [h("dt", {}, name), h("dd", {}, value)])));
}
