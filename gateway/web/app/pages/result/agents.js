// What each agent carried, and what its workers saw of themselves: the evidence of the verdict.

import { h } from "../../dom.js";
import { clock, count, milliseconds, number, percent } from "../../format.js";
import { texts } from "../../i18n.js";
import { badge } from "../../parts/badge.js";
import { card } from "../../parts/card.js";
import { table } from "../../parts/table.js";
import * as words from "../../texts/result.js";

const t = texts(words);

export function agentTables({ agents }) {
  const health = (key, label, of, term = "") => ({ key, label, term, numeric: true, cell: ({ health: one }) => (one ? of(one) : "") });
  const name = { key: "agent", label: t("agent"), cell: (one) => one.agent_id, sort: (one) => one.agent_id };
  const carried = [
    name,
    { key: "verdict", label: t("verdict"), term: "verdict", cell: verdict },
    { key: "requests", label: t("requests"), numeric: true, cell: (one) => count(one.total_requests), sort: (one) => Number(one.total_requests) },
    { key: "successes", label: t("succeeded"), numeric: true, cell: (one) => count(one.successful_requests) },
    { key: "ttft50", label: "TTFT p50", term: "ttft", numeric: true, cell: (one) => milliseconds(one.ttft_p50), sort: (one) => one.ttft_p50 },
    { key: "ttft99", label: "TTFT p99", numeric: true, cell: (one) => milliseconds(one.ttft_p99), sort: (one) => one.ttft_p99 },
    { key: "workers", label: t("workers"), numeric: true, cell: (one) => count(one.worker_count) },
    { key: "stamps", label: t("timestamps"), term: "kernel_timestamps", cell: (one) => one.timestamp_source },
    { key: "clock", label: t("clock"), term: "clock_offset", numeric: true, cell: clockOf },
    { key: "host", label: t("host"), cell: (one) => [one.hostname, h("div", { class: "small" }, [one.host.cpu_model, one.host.kernel].filter(Boolean).join(", "))] },
  ];
  const seen = [
    name,
    health("cpu", t("cpu"), (one) => percent(one.cpu_share)),
    health("lag", t("lag"), (one) => milliseconds(one.loop_lag_max_ms)),
    health("delay", t("client_delay"), (one) => milliseconds(one.client_delay_p99_ms), "client_delay"),
    health("coalesced", t("coalesced"), (one) => percent(one.coalesced_share)),
    health("late", t("late"), (one) => count(one.late_arrivals)),
    health("again", t("retransmits"), (one) => count(one.retransmits)),
    health("files", t("files"), (one) => `${count(one.open_files)} / ${count(one.open_files_limit)}`),
    health("steps", t("clock_steps"), (one) => count(one.clock_steps)),
    health("held", t("held_back"), (one) => clock(one.uplink_full_seconds + one.fenced_seconds)),
  ];
  return [
    card(t("agents"), {}, table(carried, agents, { caption: t("agents"), sort: { key: "agent" } })),
    card(t("evidence"), {}, table(seen, agents, { caption: t("evidence"), sort: { key: "agent" } })),
  ];
}

function verdict({ verdict: one }) {
  return one && [badge(t(`verdict_${one.status}`), one.status), one.reasons.map((text) => h("div", { class: "small" }, text))];
}

function clockOf({ clock_offset_micros: offset, clock_uncertainty_micros: doubt }) {
  return offset === null ? "–" : `${number(offset)} ± ${number(doubt)} µs`;
}
