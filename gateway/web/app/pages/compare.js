// Two to ten runs side by side; the first is the base. Which they are stands in the address: ?runs=a,b, or
// ?runs=baseline,b with the run that is marked so.

import { ApiError, path } from "../api.js";
import { h, replace } from "../dom.js";
import { milliseconds, perSecond } from "../format.js";
import { texts } from "../i18n.js";
import { badge } from "../parts/badge.js";
import { card, figure, figures } from "../parts/card.js";
import { commandLine } from "../parts/command.js";
import { region } from "../parts/region.js";
import { createdAt, labelList, shortId } from "../parts/run.js";
import { copyable } from "../parts/secret.js";
import { empty } from "../parts/states.js";
import { table } from "../parts/table.js";
import { link } from "../router.js";
import * as words from "../texts/compare.js";
import { BASELINE, LEAST, choosing } from "./compare/choosing.js";
import { deltas } from "./compare/deltas.js";
import { differences } from "./compare/differences.js";
import { levelText, overlays } from "./compare/overlays.js";

const t = texts(words);

export async function show({ root, query, api, signal, setQuery, setTitle }) {
  const ids = [...new Set((query.runs ?? "").split(",").filter(Boolean))];
  const tokens = (value) => perSecond(value, t("tokens"));
  const compare = (all) => setQuery({ runs: all.join(","), choose: null });
  if (ids.length < LEAST || query.choose) {
    replace(root, choosing(ids, { compare, api, signal }));
    return {};
  }
  setTitle(t("compare"), h("button", { type: "button", onclick: () => setQuery({ choose: "1" }) }, t("change")));
  // What is chosen here is drawn already when it comes to stand in the address.
  let given = { ...query };
  const choose = (changes) => {
    given = { ...given, ...changes };
    setQuery(changes, { replace: true });
  };

  const whole = region({
    load: () => loaded(ids, api),
    draw({ runs, found, noBaseline }) {
      if (noBaseline) return empty(noBaseline, t("no_baseline_advice"), h("a", { class: "button", href: link("history") }, t("to_history")));
      const names = namesOf(runs);
      const hasLevels = found.deltas.length > 0;
      return [
        card(t("runs"), {}, runTable(runs, names, compare)),
        found.setting_differences.length > 0 && differences(found.setting_differences, names),
        figures(best(t("best_throughput"), found.best_throughput, names, tokens, "throughput"), best(t("best_ttft"), found.best_ttft, names, milliseconds, "ttft")),
        overlays(found.by_concurrency, names, signal),
        hasLevels ? deltas(found.deltas, names, { query: given, choose }) : empty(t("no_levels"), t("no_levels_advice")),
        card(t("command"), {}, copyable(commandLine(["runs", "compare", ...ids]))),
      ];
    },
    signal,
    lines: 14,
  });
  replace(root, whole.node);
  const same = (next) => ["runs", "choose", "only", "level", "sort", "order"].every((key) => (next[key] ?? "") === (given[key] ?? ""));
  return { update: same };
}

/** The comparison and its runs, or what the gateway says where no run is marked as the baseline. */
async function loaded(ids, api) {
  let found;
  try {
    found = await api.post("/api/v1/benchmark/compare", { run_ids: ids }, { timeout: 60_000, tries: 3 });
  } catch (error) {
    const isMissing = error instanceof ApiError && error.status === 404 && error.field === "run_ids" && ids.includes(BASELINE);
    if (isMissing) return { noBaseline: error.message };
    throw error;
  }
  const runs = await Promise.all(found.run_ids.map((id) => api.get(path`/api/v1/benchmark/run/${id}`)));
  return { runs, found };
}

/** What runs are called in charts: the end of the identifier, after the model where that tells them apart. */
function namesOf(runs) {
  const isOneModel = new Set(runs.map((run) => run.model)).size === 1;
  return new Map(runs.map((run) => [run.run_id, isOneModel ? shortId(run.run_id) : `${run.model} ${shortId(run.run_id)}`]));
}

function runTable(runs, names, compare) {
  const ids = runs.map((run) => run.run_id);
  const button = (text, label, onclick) => h("button", { type: "button", "aria-label": label, onclick }, text);
  const actions = ({ run_id: id }) => {
    const others = ids.filter((one) => one !== id);
    return h(
      "div", { class: "actions" },
      id !== ids[0] && button(t("make_base"), t("make_base_of", { run: shortId(id) }), () => compare([id, ...others])),
      others.length >= LEAST && button(t("leave_out"), t("leave_out_of", { run: shortId(id) }), () => compare(others)),
    );
  };
  return table([
    { key: "run", label: t("run"), cell: (run) => h("a", { class: "run-name", href: link("result", [run.run_id]) }, names.get(run.run_id)) },
    { key: "role", label: t("role"), cell: (run) => run.run_id === ids[0] && badge(t("base"), "info") },
    { key: "model", label: t("model"), cell: (run) => h("span", { class: "run-name" }, run.model) },
    { key: "server", label: t("server"), cell: (run) => h("code", { class: "address" }, run.server_url) },
    { key: "created", label: t("created"), cell: createdAt },
    { key: "labels", label: t("labels"), cell: labelList },
    { key: "actions", label: "", cell: actions },
  ], runs, { caption: t("runs") });
}

function best(label, value, names, shown, term) {
  if (!value?.run_id) return figure(label, t("nobody"), { term });
  const level = value.rate === null ? levelText(String(value.concurrency)) : levelText(`rate:${value.rate}`);
  return figure(label, shown(value.value), { term, note: t("at", { run: names.get(value.run_id), level }) });
}
