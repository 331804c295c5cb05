// A page of runs, as a table.

import { h } from "../../dom.js";
import { clock, moment } from "../../format.js";
import { texts } from "../../i18n.js";
import { goesOn, labelList, runAddress, shortId, statusBadge } from "../../parts/run.js";
import { table } from "../../parts/table.js";
import { may } from "../../session.js";
import * as words from "../../texts/history.js";
import * as runWords from "../../texts/runs.js";

const t = texts(words);
const run = texts(runWords);

/** `choice` is {has(id), set(id, isChosen)}; `describe` and `remove` are told of a run. */
export function runTable(runs, { sort, onSort, empty, choice, describe, remove }) {
  const columns = [
    { key: "created", label: t("created"), cell: (one) => h("a", { href: runAddress(one) }, moment(one.created_at)), sort: (one) => one.created_at },
    { key: "status", label: t("status"), cell: state, sort: (one) => one.status },
    { key: "choose", label: t("choose"), cell: (one) => !goesOn(one) && tick(one.run_id, choice) },
    { key: "model", label: t("model"), sort: (one) => one.model },
    { key: "target", label: t("target"), cell: (one) => h("code", {}, one.server_url), sort: (one) => one.server_url },
    { key: "duration", label: t("duration"), cell: (one) => clock(secondsOf(one)), sort: secondsOf, numeric: true },
    { key: "labels", label: t("labels"), cell: labelList },
    { key: "run", label: t("run"), cell: (one) => h("code", {}, shortId(one.run_id)) },
    { key: "actions", label: "", cell: (one) => actions(one, describe, remove) },
  ];
  return table(columns, runs, { caption: t("runs"), sort, onSort, empty, rowClass: (one) => (one.status === "failed" ? "bad" : null) });
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
