// The start: how many runs there are of each state, who makes load, what was run last, and where to go from here.

import { h, replace } from "../dom.js";
import { ago, clock, count, perSecond, milliseconds, percent } from "../format.js";
import { texts } from "../i18n.js";
import { watchEvents } from "../live.js";
import { badge } from "../parts/badge.js";
import { card, figure, figures } from "../parts/card.js";
import { region } from "../parts/region.js";
import { runAddress, statusBadge, statusName } from "../parts/run.js";
import { empty } from "../parts/states.js";
import { table } from "../parts/table.js";
import { link } from "../router.js";
import { may } from "../session.js";
import * as words from "../texts/overview.js";
import { loadAgents, loadResults, loadRuns, loadTotals } from "./overview/loading.js";

const REFRESH_MILLISECONDS = 15_000;
const GATHER_MILLISECONDS = 1_000; // what happens to many runs within it is looked at once
const TONES = { running: "", completed: "good", failed: "bad" };
const t = texts(words);

export async function show({ root, api, signal, setTitle }) {
  setTitle(
    t("title"),
    may("runs:create") && h("a", { class: "button primary", href: link("new") }, t("new")),
    h("a", { class: "button", href: link("compare") }, t("compare")),
  );
  const totals = region({ load: () => loadTotals(api), draw: drawTotals, signal, lines: 2 });
  const agents = may("agents:read") && region({ load: () => loadAgents(api), draw: drawAgents, signal, lines: 2 });
  const runs = region({ load: () => loadRuns(api), draw: (found) => card(t("recent_runs"), { beside: all() }, runTable(found)), signal });
  const results = region({ load: () => loadResults(api), draw: drawResults, signal });
  replace(root, totals.node, agents && agents.node, runs.node, results.node);
  let due = null;

  function refresh(...parts) {
    if (document.visibilityState !== "visible") return;
    for (const part of parts) if (part && !part.node.contains(document.activeElement)) part.reload();
  }

  function soon() {
    due ??= setTimeout(() => {
      due = null;
      refresh(totals, agents, runs, results);
    }, GATHER_MILLISECONDS);
  }

  if (may("events:read")) watchEvents({ events: ["run_state"] }, { message: soon }, signal);
  const timer = setInterval(() => refresh(totals, agents, runs), REFRESH_MILLISECONDS); // agents come and go as well
  signal.addEventListener("abort", () => {
    clearInterval(timer);
    clearTimeout(due);
  }, { once: true });
}

function drawTotals(found) {
  return figures(Object.entries(found).map(([status, total]) => figure(
    h("a", { href: link("history", [], { status }) }, statusName(status)),
    count(total),
    { tone: total ? TONES[status] ?? "" : "" },
  )));
}

function drawAgents({ ready, busy, draining, lost }) {
  if (!ready && !busy && !draining) {
    return empty(t("no_agent"), t("no_agent_advice"), h("a", { class: "button", href: link("agents") }, t("agents")));
  }
  const parts = [["good", "agents_ready", ready], ["info", "agents_busy", busy], ["warn", "agents_draining", draining], ["bad", "agents_lost", lost]];
  return h("p", {}, h("a", { href: link("agents") }, t("agents")), " ",
    h("span", { class: "labels" }, parts.filter(([, , found]) => found).map(([tone, key, found]) => badge(t(key, { count: count(found) }), tone))));
}

function runTable(runs) {
  const columns = [
    { key: "model", label: t("model"), cell: (run) => h("a", { href: runAddress(run) }, run.model || run.server_url) },
    { key: "status", label: t("status"), cell: statusBadge },
    { key: "server", label: t("server"), cell: (run) => run.server_url },
    { key: "created", label: t("created"), cell: (run) => ago(run.created_at) },
    { key: "length", label: t("length"), cell: lengthOf, numeric: true },
  ];
  return table(columns, runs, { caption: t("recent_runs"), empty: nothing() });
}

function lengthOf({ started_at: start, completed_at: end }) {
  return clock(start && end ? (new Date(end) - new Date(start)) / 1000 : null);
}

function drawResults(results) {
  if (!results.length) return null;
  const columns = [
    { key: "model", label: t("model"), cell: ({ run }) => h("a", { href: runAddress(run) }, run.model || run.server_url) },
    { key: "throughput", label: t("throughput"), term: "throughput", numeric: true, cell: ({ summary }) => perSecond(summary.best_throughput, t("tokens")) },
    { key: "ttft", label: t("ttft"), term: "ttft", numeric: true, cell: ({ summary }) => milliseconds(summary.best_ttft_p50) },
    { key: "error_rate", label: t("error_rate"), term: "error_rate", numeric: true, cell: ({ summary }) => errorsOf(summary) },
    { key: "completed", label: t("completed"), cell: ({ run }) => ago(run.completed_at) },
  ];
  return card(t("recent_results"), {}, table(columns, results, { caption: t("recent_results") }));
}

function errorsOf({ overall_error_rate: rate }) {
  return percent(rate === null ? null : rate / 100);
}

function all() {
  return h("a", { href: link("history") }, t("all_runs"));
}

function nothing() {
  const start = may("runs:create") && h("a", { class: "button primary", href: link("new") }, t("first"));
  return empty(t("no_runs"), t(may("runs:create") ? "no_runs_advice" : "no_runs_wait"), start);
}
