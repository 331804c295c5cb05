// A run as it stands on several pages: its name, its state, its labels, and where it leads to.

import { h } from "../dom.js";
import { moment } from "../format.js";
import { texts } from "../i18n.js";
import { link } from "../router.js";
import * as words from "../texts/runs.js";
import { badge } from "./badge.js";

const GOES_ON = ["pending", "running"];
const t = texts(words);

export const STATUSES = ["pending", "running", "completed", "failed", "cancelled"];

/** Whether a run has not ended. */
export function goesOn({ status }) {
  return GOES_ON.includes(status);
}

/** The end of an identifier, which tells runs of one day apart; its beginning is the time. */
export function shortId(id) {
  return id.slice(-8);
}

/** Where a run is looked at: while it goes on, or what came of it. */
export function runAddress(run) {
  return link(goesOn(run) ? "live" : "result", [run.run_id]);
}

/** When a run was created. */
export function createdAt({ created_at: at }) {
  return h("time", { datetime: at }, moment(at));
}

export function statusName(status) {
  return t(`status_${status}`);
}

export function statusBadge({ status }) {
  return badge(statusName(status), status);
}

/** The labels of a run, and whether it is a baseline. */
export function labelList({ labels, baseline }) {
  const all = Object.entries(labels).map(([key, value]) => badge(value ? `${key}=${value}` : key, "plain"));
  return h("span", { class: "labels" }, baseline && badge(t("baseline"), "info"), all);
}
