// What came of a run: how much the server can do and where it is full, whether that can be believed, and all of it to
// take away. A run without a result says why.

import { path } from "../api.js";
import { h, replace } from "../dom.js";
import { language, texts } from "../i18n.js";
import { region } from "../parts/region.js";
import { goesOn, shortId, statusBadge } from "../parts/run.js";
import { deleteRun, describeRun } from "../parts/run_actions.js";
import { empty, messageOf } from "../parts/states.js";
import { tabs } from "../parts/tabs.js";
import { toast } from "../parts/toast.js";
import { go, link } from "../router.js";
import { may } from "../session.js";
import * as words from "../texts/result.js";
import { agentTables } from "./result/agents.js";
import { analysis, rulesOf } from "./result/analysis.js";
import { levelCharts } from "./result/charts.js";
import { distribution } from "./result/distribution.js";
import { documentOf, validation } from "./result/document.js";
import { levelTables, tracesAddress } from "./result/level_table.js";
import { summary } from "./result/summary.js";
import { timeline } from "./result/timeline.js";

const REFRESH_MILLISECONDS = 3_000;
const FORMATS = ["csv", "xlsx", "json", "html"];
const t = texts(words);

export async function show({ root, parts, query, api, signal, setQuery, setTitle }) {
  const [id] = parts;
  if (!id) {
    replace(root, empty(t("which"), t("which_advice"), h("a", { class: "button", href: link("history") }, t("to_history"))));
    return;
  }
  // What is chosen on the page is drawn there already when it comes to stand in the address.
  let given = { ...query };
  const choose = (changes) => {
    given = { ...given, ...changes };
    setQuery(changes, { replace: true });
  };

  const whole = region({ load: () => resultOf(id, api), draw, signal, lines: 14 });

  function draw({ run, result }, drawn) {
    setTitle(t("title", { run: shortId(id) }), statusBadge(run), actions(run, result));
    if (goesOn(run)) again(whole.reload, drawn);
    if (!result) return without(run);
    const context = { query: given, choose, api, signal: drawn };
    const isAnalyzed = run.status !== "failed";
    const findings = async () => (isAnalyzed ? (await rulesOf(id, language(), api)).findings : []);
    const all = [
      ["charts", () => levelCharts(result, { ...context, findings })],
      ["levels", () => levelTables(result, context)],
      ["timeline", () => timeline(result, context)],
      ["distribution", () => distribution(result, context)],
      ["agents", () => agentTables(result)],
      ...(isAnalyzed ? [["analysis", () => analysis(result, context)]] : []),
      ...(result.validation ? [["validation", () => validation(result)]] : []),
      ["document", () => documentOf(result)],
    ].map(([key, drawTab]) => ({ key, label: t(`tab_${key}`), draw: drawTab }));
    const { node } = tabs(t("parts"), all, { selected: given.tab ?? all[0].key, choose: (tab) => choose({ tab }) });
    return [run.error && h("p", { class: "problem" }, run.error), summary(run, result), node];
  }

  function actions(run, result) {
    const format = h("select", { name: "format", "aria-label": t("format") }, FORMATS.map((one) => h("option", { value: one }, t(`format_${one}`))));
    const save = button(t("export"), () => take(format.value, run, save));
    const hasResult = result && run.status !== "failed";
    return [
      result && [format, save],
      hasResult && h("a", { class: "button", href: link("compare", [], { runs: id }) }, t("compare")),
      hasResult && !run.baseline && h("a", { class: "button", href: link("compare", [], { runs: `baseline,${id}` }) }, t("compare_baseline")),
      may("traces:read") && h("a", { class: "button", href: tracesAddress(id) }, t("traces")),
      may("runs:update") && button(t("describe"), () => describe(run)),
      may("runs:update") && hasResult && button(t(run.baseline ? "no_baseline" : "baseline"), () => mark(run)),
      may("runs:delete") && button(t("delete"), () => remove(run), "dangerous"),
    ];
  }

  async function take(format, run, save) {
    save.disabled = true; // until the file is here
    try {
      await api.download(path`/api/v1/benchmark/result/${id}/export`, { query: { format, partial: partOf(run) } });
    } catch (error) {
      if (!signal.aborted) toast(messageOf(error), "bad");
    } finally {
      save.disabled = false;
    }
  }

  async function describe(run) {
    if (await describeRun(run, { api, signal })) whole.reload();
  }

  async function mark(run) {
    try {
      await api.patch(path`/api/v1/benchmark/run/${id}`, { baseline: !run.baseline });
      toast(t(run.baseline ? "no_baseline_done" : "baseline_done"));
      whole.reload();
    } catch (error) {
      if (!signal.aborted) toast(messageOf(error), "bad");
    }
  }

  async function remove(run) {
    if (await deleteRun(run, { api, signal })) go(link("history"));
  }

  replace(root, whole.node);
  const same = (next) => JSON.stringify(sorted(next)) === JSON.stringify(sorted(given));
  return { update: same };
}

/** Looks again after a while. */
function again(reload, signal) {
  const timer = setTimeout(reload, REFRESH_MILLISECONDS);
  signal.addEventListener("abort", () => clearTimeout(timer), { once: true });
}

function button(text, onclick, style = null) {
  return h("button", { type: "button", class: style, onclick }, text);
}

function sorted(query) {
  return Object.entries(query).filter(([, value]) => value).map(([key, value]) => [key, String(value)]).sort();
}

/** The run, and its result where it has one: of a run that failed what was measured until then, if anything. */
async function resultOf(id, api) {
  const run = await api.get(path`/api/v1/benchmark/run/${id}`);
  if (goesOn(run)) return { run, result: null };
  const result = await api.get(path`/api/v1/benchmark/result/${id}`, { query: { partial: partOf(run) } });
  return { run, result: result.results.length ? result : null };
}

/** Whether a part of what was planned is wanted, too: of a run that did not come to its end there is no more. */
function partOf({ status }) {
  return status === "completed" ? null : true;
}

function without(run) {
  const start = may("runs:create") && h("a", { class: "button primary", href: link("new") }, t("start"));
  if (goesOn(run)) return empty(t("goes_on"), t("goes_on_advice"), h("a", { class: "button primary", name: "watch", href: link("live", [run.run_id]) }, t("watch")));
  if (run.status === "failed") return empty(t("has_failed", { error: run.error ?? t("no_reason") }), t("has_failed_advice"), start);
  return empty(t(run.status === "cancelled" ? "was_cancelled" : "has_nothing"), t("was_cancelled_advice"), start);
}
