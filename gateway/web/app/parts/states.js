// What stands where data cannot: nothing there, not permitted, gone wrong. Each says what to do.

import { ApiError } from "../api.js";
import { h } from "../dom.js";
import { count } from "../format.js";
import { texts } from "../i18n.js";
import * as words from "../texts/states.js";

const t = texts(words);
const BY_REASON = new Map([["RUN_FAILED", "failed_advice"], ["RUN_NOT_FINISHED", "unfinished_advice"], ["RESULT_NOT_FOUND", "unfinished_advice"]]);

/** Nothing there yet: what it would be, what to do, and a link or button to do it. */
export function empty(text, advice = "", action = null) {
  return h("div", { class: "state" }, h("p", { class: "state-text" }, text), advice && h("p", {}, advice), action);
}

/** Above a list that is cut: how much of it is shown. */
export function cutNote(list, hasMore) {
  return Boolean(hasMore) && h("p", { class: "small", role: "status" }, t("cut", { count: count(list.length) }));
}

/** Not permitted: which permission it takes. */
export function forbidden(permission) {
  return empty(t("forbidden"), t("forbidden_advice", { permission }));
}

/** Gone wrong: what the gateway has said, what to do, and the identifier that is in the logs. */
export function failed(error, retry = null) {
  const again = retry && h("button", { type: "button", onclick: retry }, t("retry"));
  const known = error instanceof ApiError;
  if (!known) console.error(error);
  const outdated = error instanceof TypeError && /module/i.test(error.message);
  const reload = outdated && h("button", { type: "button", onclick: () => location.reload() }, t("reload"));
  const details = known && error.requestId && h("p", { class: "small" }, t("request_id"), " ", h("code", {}, error.requestId));
  return h(
    "div", { class: "state failed", role: "alert" },
    h("p", { class: "state-text" }, outdated ? t("outdated") : messageOf(error)),
    h("p", {}, outdated ? "" : adviceFor(error)),
    details,
    h("p", { class: "actions" }, reload || again),
  );
}

/** What went wrong, in a sentence. */
export function messageOf(error) {
  if (!(error instanceof ApiError)) return t("own_fault", { message: error?.message ?? String(error) });
  if (error.message) return error.message;
  if (error.reason === "TIMEOUT") return t("timeout");
  if (error.reason === "UNREACHABLE") return t("unreachable");
  return t("unknown", { reason: error.reason });
}

/** What to do about it. */
export function adviceFor(error) {
  if (!(error instanceof ApiError)) return t("own_fault_advice");
  if (BY_REASON.has(error.reason)) return t(BY_REASON.get(error.reason));
  if (error.reason === "TIMEOUT") return t("timeout_advice");
  if (error.reason === "UNREACHABLE") return t("unreachable_advice");
  if (error.status === 429) return error.retryAfter ? t("later", { seconds: error.retryAfter }) : t("later_soon");
  if (error.status === 503) return t("controller_away");
  if (error.status === 403) return t("ask_for_more");
  if (error.status === 404) return t("gone");
  if (error.status === 409) return t("changed_meanwhile");
  if (error.status === 400) return error.field ? t("correct_field", { field: error.field }) : t("correct");
  return t("see_logs");
}
