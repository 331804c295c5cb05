// How far each level is, and what it has come to; the figures of levels that have ended stay.

import { h, replace } from "../../dom.js";
import { clock, count, milliseconds, number, percent } from "../../format.js";
import { texts } from "../../i18n.js";
import { badge } from "../../parts/badge.js";
import { followingTable } from "../../parts/table.js";
import * as words from "../../texts/live.js";

const t = texts(words);

/** {node, update(state)}; made again where messages tell that loads are rates. */
export function makeLevels() {
  const node = h("div");
  let drawn = null;

  function update({ levels, isOpen, isTimed }) {
    if (drawn?.isOpen !== isOpen) {
      drawn = { isOpen, table: levelTable(isOpen, isTimed) };
      replace(node, drawn.table.node);
    }
    drawn.table.update(levels.map((level, index) => ({ ...level, index })));
  }

  return { node, update };
}

function levelTable(isOpen, isTimed) {
  const columns = [
    { key: "load", label: t(isOpen ? "rate_of_level" : "concurrency_of_level"), cell: ({ load }) => number(load) },
    { key: "progress", label: t("progress"), cell: ({ percent: done }) => bar(done) },
    { key: "done", label: t(isTimed ? "seconds_done" : "requests_done"), numeric: true, cell: (level) => doneOf(level, isTimed) },
    { key: "rate", label: t("achieved"), numeric: true, cell: ({ metrics }) => number(metrics?.request_rate) },
    { key: "tokens", label: t("token_rate"), numeric: true, cell: ({ metrics }) => number(metrics?.throughput_current) },
    { key: "ttft", label: "TTFT p50", numeric: true, cell: ({ metrics }) => milliseconds(metrics?.ttft_p50) },
    { key: "e2e", label: "E2E p95", numeric: true, cell: ({ metrics }) => milliseconds(metrics?.e2e_p95) },
    { key: "errors", label: t("errors"), cell: ({ metrics }) => errorsOf(metrics) },
  ];
  return followingTable(columns, { caption: t("levels"), key: ({ index }) => index });
}

function bar(done) {
  const shown = percent(done / 100);
  return h("div", { class: "level-progress" },
    h("div", { class: "progress", role: "progressbar", "aria-label": t("progress"), "aria-valuemin": 0, "aria-valuemax": 100, "aria-valuenow": Math.round(done) },
      h("div", { style: { width: `${done}%` } })),
    h("span", { class: "small" }, shown));
}

function doneOf({ current, total }, isTimed) {
  if (total === undefined) return "–";
  return isTimed ? `${clock(current)} / ${clock(total)}` : `${count(current)} / ${count(total)}`;
}

/** Failures by class. */
function errorsOf(metrics) {
  const found = Object.entries(metrics?.errors ?? {}).filter(([, failures]) => failures);
  if (!found.length) return metrics ? count(0) : "–";
  return h("span", { class: "labels" }, found.map(([name, failures]) => badge(`${name} ${count(failures)}`, "bad")));
}
