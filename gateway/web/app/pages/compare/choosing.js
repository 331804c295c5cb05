// Choosing the runs to compare, of the newest that have completed; any others are chosen in the history.

import { h, replace } from "../../dom.js";
import { texts } from "../../i18n.js";
import { card } from "../../parts/card.js";
import { field } from "../../parts/form.js";
import { region } from "../../parts/region.js";
import { createdAt, labelList, shortId } from "../../parts/run.js";
import { empty } from "../../parts/states.js";
import { table } from "../../parts/table.js";
import { link } from "../../router.js";
import { may } from "../../session.js";
import * as words from "../../texts/compare.js";

const NEWEST = 50;
export const LEAST = 2;
export const MOST = 10;
export const BASELINE = "baseline"; // stands for the newest run that is marked so, of the same project and model
const t = texts(words);

/** `given` are runs that are chosen already; `compare(ids)` is told of all, the baseline first. */
export function choosing(given, { compare, api, signal }) {
  const chosen = new Set(given.slice(0, MOST));
  const bar = h("div", { class: "actions" });

  function drawBar() {
    const button = h("button", { type: "button", class: "primary", disabled: chosen.size < LEAST, onclick: () => compare(inOrder()) }, t("compare"));
    replace(bar, h("span", { class: "small", role: "status" }, t("chosen", { count: chosen.size, most: MOST })), button);
  }

  function inOrder() {
    const others = [...chosen].filter((id) => id !== BASELINE);
    return chosen.has(BASELINE) ? [BASELINE, ...others] : others;
  }

  function choose(box, id) {
    if (!box.checked) chosen.delete(id);
    else if (chosen.size < MOST) chosen.add(id);
    else box.checked = false;
    drawBar();
  }

  function tick(run) {
    const label = t("choose_run", { run: shortId(run.run_id) });
    return h("input", { type: "checkbox", checked: chosen.has(run.run_id), "aria-label": label, onchange: ({ target }) => choose(target, run.run_id) });
  }

  const list = region({
    load: () => api.get("/api/v1/benchmark/history", { query: { status: "completed", limit: NEWEST } }),
    draw: ({ runs }) => {
      const start = may("runs:create") && h("a", { class: "button primary", href: link("new") }, t("start"));
      if (runs.length < LEAST) return empty(t("none"), t("none_advice"), start);
      return table([
        { key: "created", label: t("created"), cell: createdAt },
        { key: "choose", label: t("compare"), cell: tick },
        { key: "run", label: t("run"), cell: (run) => h("a", { href: link("result", [run.run_id]) }, h("code", {}, shortId(run.run_id))) },
        { key: "model", label: t("model"), cell: (run) => h("span", { class: "run-name" }, run.model) },
        { key: "server", label: t("server"), cell: (run) => h("code", { class: "address" }, run.server_url) },
        { key: "labels", label: t("labels"), cell: labelList },
      ], runs, { caption: t("newest") });
    },
    signal,
    lines: 8,
  });
  const baseline = field({ name: "baseline", label: t("with_baseline"), type: "checkbox", value: chosen.has(BASELINE), hint: t("with_baseline_hint"), onchange: ({ target }) => choose(target, BASELINE) });
  drawBar();
  return card(t("choose"), { beside: bar }, h("p", {}, t("choose_text")), baseline.node, list.node);
}
