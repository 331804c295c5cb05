// What the agents do, the requests that ended last, and the steps of the validation.

import { arrange, h, keeping, replace } from "../../dom.js";
import { count, milliseconds } from "../../format.js";
import { language, texts } from "../../i18n.js";
import { badge } from "../../parts/badge.js";
import { card } from "../../parts/card.js";
import { followingTable } from "../../parts/table.js";
import { link } from "../../router.js";
import { may } from "../../session.js";
import * as words from "../../texts/live.js";

const t = texts(words);

/** {node, update(state)}: one card an agent. */
export function makeAgents() {
  const node = h("div", { class: "agent-strip" });
  const nobody = h("p", { class: "small" }, t("no_agents"));
  const cards = keeping(agentNode, ({ agent_id: id }) => id);
  const update = ({ agents }) => arrange(node, agents.length ? cards(agents) : [nobody]);
  return { node: card(t("agents"), {}, node), update };
}

function agentNode(agent) {
  const tone = { client_limited: "bad", degraded: "warn" }[agent.verdict] ?? "good";
  return h("div", { class: "agent-card" },
    h("strong", {}, agent.agent_id), " ", badge(agent.state, agent.state),
    h("p", { class: "small" }, t("agent_does", { ended: count(agent.ended), started: count(agent.started), in_flight: count(agent.in_flight) })),
    h("p", { class: "small" }, agent.verdict && badge(agent.verdict, tone), agent.unacknowledged_batches ? ` ${t("unstored", { count: count(agent.unacknowledged_batches) })}` : ""));
}

/** {node, update(state)}: newest first, failures marked. */
export function makeRequests() {
  const ended = requestTable();
  const node = h("div", { class: "request-log" }, h("p", { class: "small" }, t("no_requests")));

  function update({ requests }) {
    if (!requests.length || node.contains(document.activeElement)) return; // whoever is on a link stays there
    arrange(node, [ended.node]);
    ended.update(requests);
  }

  return { node: card(t("requests_last"), {}, h("p", { class: "small" }, t("requests_about")), node), update };
}

function requestTable() {
  const columns = [
    { key: "number", label: "#", cell: ({ number: position }) => count(position) },
    { key: "time", label: t("ended"), cell: ({ timestamp }) => new Date(timestamp * 1000).toLocaleTimeString(language()) },
    { key: "status", label: t("outcome"), cell: (one) => (one.success ? badge(t("ok"), "good") : badge(one.error_type ?? t("failed"), "bad")) },
    { key: "ttft", label: "TTFT", numeric: true, cell: (one) => milliseconds(one.ttft_ms) },
    { key: "e2e", label: "E2E", numeric: true, cell: (one) => milliseconds(one.e2e_ms) },
    { key: "tokens", label: t("tokens"), numeric: true, cell: (one) => count(one.output_tokens) },
    { key: "trace", label: t("trace"), cell: ({ request_id: id }) => (may("traces:read") ? h("a", { href: link("trace", [id]), "aria-label": `${t("trace")} ${id}` }, id.slice(-8)) : id.slice(-8)) },
  ];
  return followingTable(columns, { caption: t("requests_last"), key: ({ number: position }) => position, rowClass: ({ success }) => (success ? null : "bad") });
}

/** {node, update(state)}: hidden until there is a step. */
export function makeSteps() {
  const list = h("ol", { class: "steps" });
  const node = card(t("validation"), {}, list);
  node.hidden = true;

  function update({ steps }) {
    if (list.childElementCount === steps.length) return;
    node.hidden = !steps.length;
    const tones = { completed: "good", warning: "warn", failed: "bad", running: "info" };
    replace(list, steps.map((step) => h("li", {}, badge(step.step, tones[step.status] ?? "plain"), " ", step.message)));
  }

  return { node, update };
}
