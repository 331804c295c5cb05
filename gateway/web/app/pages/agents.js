// The agents: where they stand, what they can do, and to have one finish and take no more.

import { path } from "../api.js";
import { h, replace } from "../dom.js";
import { NOTHING, ago, bytes, count, moment, number, short } from "../format.js";
import { texts } from "../i18n.js";
import { badge } from "../parts/badge.js";
import { card, figure, figures } from "../parts/card.js";
import { confirmed, openDialog } from "../parts/dialog.js";
import { pager } from "../parts/pager.js";
import { region } from "../parts/region.js";
import { empty } from "../parts/states.js";
import { table } from "../parts/table.js";
import { term } from "../parts/term.js";
import { toast } from "../parts/toast.js";
import { may } from "../session.js";
import * as words from "../texts/agents.js";
import { agentTokens } from "./agents/tokens.js";

const REFRESH_MILLISECONDS = 5_000;
const PAGE_SIZE = 200;
const STATES = ["ready", "busy", "draining", "lost"];
const t = texts(words);

export async function show({ root, query, api, signal, setQuery }) {
  let { cursor = "" } = query;
  const sort = { key: query.sort ?? "agent_id", descending: query.order === "desc" };
  const onSort = ({ key, descending }) => {
    Object.assign(sort, { key, descending });
    setQuery({ sort: key, order: descending ? "desc" : null }, { replace: true });
  };
  const list = region({
    load: () => api.get("/api/v1/agents", { query: { limit: PAGE_SIZE, cursor } }),
    draw: (page) => [
      summary(page.agents),
      card(t("agents"), {}, agentTable(page.agents, { sort, onSort }, { drain, describe })),
      (page.next_cursor || cursor) && h("p", { class: "small" }, t("of_page")),
      (page.next_cursor || cursor) && pager({ cursor, next: page.next_cursor, total: page.total, choose: (to) => setQuery({ cursor: to }) }),
    ],
    signal,
  });

  function describe(agent) {
    openDialog(agent.agent_id, () => facts(agent), { signal, wide: true });
  }

  async function drain(agent) {
    const resume = agent.state === "draining";
    const action = resume ? "resume" : "drain";
    const done = await confirmed(t(action), {
      text: t(`${action}_text`, { agent: agent.agent_id }),
      action: t(action),
      act: () => api.post(path`/api/v1/agents/${agent.agent_id}/drain`, { resume }),
      signal,
    });
    if (!done) return;
    toast(t(`${action}_done`, { agent: agent.agent_id }));
    list.reload();
  }

  replace(root, list.node, may("agents:enrol") && agentTokens({ api, signal }));
  const timer = setInterval(() => {
    if (document.visibilityState === "visible" && !list.node.contains(document.activeElement)) list.reload();
  }, REFRESH_MILLISECONDS);
  signal.addEventListener("abort", () => clearInterval(timer), { once: true });
  return {
    update(next) {
      if ((next.cursor ?? "") === cursor) return;
      cursor = next.cursor ?? "";
      list.reload();
    },
  };
}

function summary(agents) {
  const tones = { ready: "good", lost: "bad", draining: "warn" };
  return figures(STATES.map((state) => {
    const found = agents.filter((agent) => agent.state === state).length;
    return figure(t(`state_${state}`), count(found), { tone: found ? tones[state] ?? "" : "", term: state === "draining" ? "draining" : "" });
  }));
}

function agentTable(agents, { sort, onSort }, { drain, describe }) {
  const columns = [
    { key: "agent_id", label: t("agent"), cell: ({ agent_id: id, hostname }) => [h("span", {}, id), h("div", { class: "small" }, hostname)], sort: (agent) => agent.agent_id },
    { key: "state", label: t("state"), cell: ({ state }) => badge(t(`state_${state}`), state), sort: (agent) => agent.state },
    { key: "labels", label: t("labels"), cell: ({ labels }) => labelsOf(labels) },
    { key: "leases", label: t("leases"), cell: (agent) => count(agent.lease_count), sort: (agent) => agent.lease_count, numeric: true },
    { key: "workers", label: t("workers"), cell: (agent) => count(agent.worker_count), sort: (agent) => agent.worker_count, numeric: true },
    { key: "capacity", label: t("capacity"), term: "calibration", cell: capacity, sort: (agent) => agent.calibration?.max_requests_per_sec, numeric: true },
    { key: "clock", label: t("clock"), term: "clock_offset", cell: clockOf, sort: (agent) => Math.abs(agent.clock_offset_micros ?? NaN), numeric: true },
    { key: "uplink", label: t("uplink"), term: "uplink", cell: (agent) => bytes(agent.uplink_bytes), sort: (agent) => Number(agent.uplink_bytes), numeric: true },
    { key: "seen", label: t("seen"), cell: (agent) => ago(agent.last_seen_at), sort: (agent) => agent.last_seen_at },
    { key: "actions", label: "", cell: (agent) => actions(agent, { drain, describe }) },
  ];
  const nobody = empty(t("none"), t("none_advice"), h("pre", {}, "loadcell up --agents 2"));
  return table(columns, agents, { caption: t("agents"), sort: { ...sort }, onSort, empty: nobody });
}

function actions(agent, { drain, describe }) {
  const details = h("button", { type: "button", onclick: () => describe(agent) }, t("details"));
  const resume = agent.state === "draining";
  const change = may("agents:drain") && agent.state !== "lost" && h("button", { type: "button", onclick: () => drain(agent) }, t(resume ? "resume" : "drain"));
  return h("div", { class: "actions" }, details, change);
}

function facts(agent) {
  const { calibration } = agent;
  const rows = [
    [t("state"), badge(t(`state_${agent.state}`), agent.state)],
    [t("labels"), labelsOf(agent.labels)],
    [t("version"), agent.software_version],
    [t("registered"), moment(agent.registered_at)],
    [t("seen"), moment(agent.last_seen_at)],
    [term("clock_offset"), clockOf(agent)],
    [t("clock_steps"), count(agent.clock_steps)],
    [term("kernel_timestamps"), t(agent.kernel_timestamps ? "yes" : "no")],
    ...calibrated(calibration),
    ...Object.entries(agent.host).map(([name, value]) => [name, String(value)]),
  ];
  return h("dl", { class: "facts" }, rows.map(([name, value]) => [h("dt", {}, name), h("dd", {}, value)]));
}

function calibrated(found) {
  if (!found) return [[term("calibration"), t("not_calibrated")]];
  return [
    [t("requests_per_second"), number(found.max_requests_per_sec)],
    [t("tokens_per_second"), number(found.max_tokens_per_sec)],
    [t("stamp_error"), `${number(found.stamp_error_p99_micros)} µs`],
    [t("cpu_per_token"), `${number(found.cpu_micros_per_token)} µs`],
    [t("calibrated"), moment(Number(found.measured_at_micros) / 1000)],
  ];
}

function labelsOf(labels) {
  return h("span", { class: "labels" }, Object.entries(labels).map(([name, value]) => h("span", { class: "badge" }, `${name}=${value}`)));
}

function capacity({ calibration }) {
  return calibration ? t("per_second", { rate: short(calibration.max_requests_per_sec) }) : t("not_calibrated");
}

function clockOf({ clock_offset_micros: offset, clock_uncertainty_micros: uncertainty }) {
  return offset === null || offset === undefined ? NOTHING : `${number(offset)} ± ${number(uncertainty)} µs`;
}
