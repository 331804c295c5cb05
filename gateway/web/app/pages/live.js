// A run while it goes on. What its messages do not say stays as it was; when it has ended its result is shown, and when
// it has failed, why.

import { path } from "../api.js";
import { h, replace } from "../dom.js";
import { number } from "../format.js";
import { texts } from "../i18n.js";
import { watchRun } from "../live.js";
import { badge } from "../parts/badge.js";
import { card } from "../parts/card.js";
import { confirmed } from "../parts/dialog.js";
import { region } from "../parts/region.js";
import { statusBadge } from "../parts/run.js";
import { empty, failed } from "../parts/states.js";
import { toast } from "../parts/toast.js";
import { goInstead, link } from "../router.js";
import { may } from "../session.js";
import * as words from "../texts/live.js";
import { makeCharts } from "./live/charts.js";
import { makeFigures } from "./live/figures.js";
import { makeHistory } from "./live/history.js";
import { makeLevels } from "./live/levels.js";
import { merge, stateOf } from "./live/state.js";
import { makeAgents, makeRequests, makeSteps } from "./live/strips.js";

const FIGURES_MILLISECONDS = 250;
const TABLES_MILLISECONDS = 1_000; // the largest part, and nobody reads them faster
const PAST_SECONDS = 3_600; // of the charts when a run is opened that goes on already
const PAST_MILLISECONDS = 60_000; // how long they are waited for
const CONNECTION_TONES = { connecting: "plain", live: "good", waiting: "warn", ended: "plain" };
const t = texts(words);

export async function show({ root, parts: [runId], api, signal, setTitle }) {
  if (!runId) {
    replace(root, empty(t("no_run"), t("no_run_advice"), h("a", { class: "button", href: link("history", [], { status: "running" }) }, t("running_runs"))));
    return;
  }
  const address = path`/api/v1/benchmark/run/${runId}`;
  const begun = region({ load: () => api.get(address), draw: (run) => watched(run, { api, signal, setTitle }), signal });
  replace(root, begun.node);
}

/** The page of a run; it follows the run from now on. */
function watched(run, { api, signal, setTitle }) {
  if (hasResult(run.status)) {
    showResult(run.run_id);
    return null;
  }
  if (run.status === "failed") {
    setTitle(titleOf(run), statusBadge(run));
    return failedNode(run, run.error, Boolean(run.started_at));
  }
  const state = stateOf(run);
  const history = makeHistory();
  const connection = h("span", { role: "status" });
  const notice = h("p", { role: "status", hidden: true });
  const problem = h("div", { class: "region" });
  const [figures, levels, agents, steps, requests] = [makeFigures(), makeLevels(), makeAgents(), makeSteps(), makeRequests()];
  const cancel = may("runs:cancel") && h("button", { type: "button", class: "dangerous", onclick: () => cancelRun(run.run_id, { api, signal }) }, t("cancel"));
  let messages = 0;
  let noticed = "";

  function drawNotice() {
    const text = noticeOf(state, run);
    notice.hidden = !text;
    if (text !== noticed) replace(notice, text); // read out once
    noticed = text;
  }

  /** Draws views now, and again and again when there is something new. */
  function keepDrawing(milliseconds, views) {
    let drawn = -1;
    const draw = () => {
      if (drawn === messages || document.visibilityState !== "visible") return;
      drawn = messages;
      for (const view of views) view.update(state);
    };
    draw();
    const timer = setInterval(draw, milliseconds);
    signal.addEventListener("abort", () => clearInterval(timer), { once: true });
  }

  function message(told) {
    merge(state, told);
    if (told.metrics) {
      state.started ??= told.metrics.timestamp;
      history.add(state);
    }
    messages += 1;
    if (hasResult(state.status)) showResult(run.run_id);
    else if (told.type === "failed") {
      const hasBegun = state.index >= 0;
      setTitle(titleOf(run), connection);
      replace(problem, failedNode(run, told.error, hasBegun));
      measured.hidden = !hasBegun; // there is nothing to be seen
    }
  }

  function connected(name, { seconds }) {
    replace(connection, badge(name === "waiting" ? t("waiting", { seconds: number(Math.ceil(seconds)) }) : t(`connection_${name}`), CONNECTION_TONES[name]));
  }

  const measured = h("div", { class: "region" }, notice, figures.node, card(t("levels"), {}, levels.node), makeCharts(history, state, signal), agents.node, steps.node, requests.node);
  setTitle(titleOf(run), connection, cancel);
  watchRun(run.run_id, { message, state: connected, error: (error) => replace(problem, failed(error)) }, signal);
  if (run.started_at) {
    // Without it the charts begin now.
    pastOf(run, api).then((seconds) => history.fill(seconds, state), () => {});
  }
  keepDrawing(FIGURES_MILLISECONDS, [{ update: drawNotice }, figures]);
  keepDrawing(TABLES_MILLISECONDS, [levels, agents, steps, requests]);
  return [problem, measured];
}

/** What has happened in each second of the last hour. */
async function pastOf(run, api) {
  const seconds = Math.floor((Date.now() - new Date(run.started_at).getTime()) / 1000);
  const query = { offset_seconds: Math.max(0, seconds - PAST_SECONDS), limit: PAST_SECONDS };
  return (await api.get(path`/api/v1/benchmark/run/${run.run_id}/timeline`, { query, timeout: PAST_MILLISECONDS })).points;
}

function titleOf(run) {
  return t("title", { model: run.model || run.server_url });
}

async function cancelRun(runId, { api, signal }) {
  const done = await confirmed(t("cancel"), {
    text: t("cancel_text"),
    action: t("cancel"),
    act: () => api.post(path`/api/v1/benchmark/run/${runId}/cancel`),
    dangerous: true,
    signal,
  });
  if (done) toast(t("cancel_done"));
}

function noticeOf({ status, index }, { config }) {
  if (status === "pending") {
    const labels = Object.entries(config?.agent_labels ?? {}).map((pair) => pair.join("=")).join(", ");
    return t("pending", { count: number(config?.agent_count || 1), labels: labels && t("with_labels", { labels }) });
  }
  return status === "running" && index < 0 ? t("preparing") : "";
}

/** Why a run has failed, and what to do: of one that had begun there is what was measured until then. */
function failedNode({ run_id: id, server_url: server }, reason, hasBegun) {
  const result = h("a", { class: "button", href: link("result", [id]) }, t(hasBegun ? "measured_so_far" : "to_result"));
  const another = may("runs:create") && h("a", { class: "button primary", href: link("new", [], { server_url: server }) }, t("another"));
  return h("div", { class: "state failed", role: "alert" },
    h("p", { class: "state-text" }, t("run_failed")),
    h("p", {}, reason || t("no_reason")),
    h("p", {}, t(hasBegun ? "run_failed_advice" : "not_begun_advice")),
    h("p", { class: "actions" }, hasBegun ? [result, another] : [another, result]));
}

function hasResult(status) {
  return status === "completed" || status === "cancelled";
}

function showResult(runId) {
  goInstead(link("result", [runId]));
}
