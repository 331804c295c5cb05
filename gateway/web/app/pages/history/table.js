// A page of runs, as a table.

import { h, spoken } from "../../dom.js";
import { clock } from "../../format.js";
import { texts } from "../../i18n.js";
import { createdAt, goesOn, labelList, runAddress, shortId, statusBadge } from "../../parts/run.js";
import { table } from "../../parts/table.js";
import { may } from "../../session.js";
import * as words from "../../texts/history.js";
import * as runWords from "../../texts/runs.js";

const t = texts(words);
const run = texts(runWords);

/** What the list can be sorted by; the first is what it is sorted by unless told. */
export const SORTS = ["created_at", "status", "model", "server_url", "duration"];

/** `choice` is {has(id), set(id, isChosen)}; `describe` and `remove` are told of a run. */
export function runTable(runs, { sort, onSort, empty, choice, describe, remove }) {
  const columns = [
    { key: "created_at", label: t("created"), cell: (one) => [h("a", { href: runAddress(one) }, createdAt(one)), h("div", {}, h("code", { class: "small" }, shortId(one.run_id)))] },
    { key: "status", label: t("status"), cell: state },
    { key: "choose", label: spoken(t("choose")), cell: (one) => !goesOn(one) && tick(one.run_id, choice) },
    { key: "model", label: t("model") },
    { key: "server_url", label: t("target"), cell: (one) => h("code", { class: "address" }, one.server_url) },
    { key: "duration", label: t("duration"), cell: (one) => clock(secondsOf(one)), numeric: true },
    { key: "labels", label: t("labels"), cell: labelList },
    { key: "actions", label: "", cell: (one) => actions(one, describe, remove) },
  ].map((column) => ({ ...column, sortable: SORTS.includes(column.key) }));
  return table(columns, runs, { caption: t("runs"), sort, onSort, remote: true, empty, rowClass: (one) => (one.status === "failed" ? "bad" : null) });
}

function state(one) {
  return [statusBadge(one), one.error && h("div", { class: "small" }, one.error)];
}

function secondsOf({ started_at: from, completed_at: to }) {
  return from && to ? (new Date(to) - new Date(from)) / 1000 : null;
}

function tick(id, choice) {
  const box = h("input", {
    type: "checkbox", "aria-label": t("choose_run", { run: shortId(id) }), checked: choice.has(id), onchange: () => { box.checked = choice.set(id, box.checked); },
  });
  return box;
}

function actions(one, describe, remove) {
  const id = shortId(one.run_id);
  return h(
    "div", { class: "actions" },
    may("runs:update") && h("button", { type: "button", "aria-label": t("describe_run", { run: id }), onclick: () => describe(one) }, t("describe")),
    may("runs:delete") && h("button", { type: "button", class: "dangerous", "aria-label": run("delete_run", { run: id }), onclick: () => remove(one) }, run("delete")),
  );
}
