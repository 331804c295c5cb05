// Whether a run could begin with the target, asked before there is one: an agent looks, as it would then.

import { h, replace } from "../../dom.js";
import { texts } from "../../i18n.js";
import { badge } from "../../parts/badge.js";
import { adviceFor, messageOf } from "../../parts/states.js";
import { link } from "../../router.js";
import * as words from "../../texts/new.js";

const PATH = "/api/v1/benchmark/check-target";
const TIME_LIMIT_MILLISECONDS = 35_000; // the gateway gives up after 30 s
const ASKED = ["server_url", "model", "adapter", "api_key", "headers", "stream", "tls_verify", "agent_labels", "project_id"];
const t = texts(words);

/**
 * The button with what came of it: {node, update({specification})}. An answer goes when what it is about is changed.
 * `read(names)` gives the specification of the run, or throws when one of these fields cannot be read; `refused(error)`
 * is told of an error at a field, and before that that there is none.
 */
export function makeTargetCheck({ api, signal, read, refused }) {
  const button = h("button", { type: "button", name: "check_target", onclick: ask }, t("check_target"));
  const result = h("div", { role: "status", "aria-live": "polite" });
  let present = null; // {about, controller}: what is asked, or answered

  async function ask() {
    forget();
    refused(null);
    const controller = new AbortController();
    const ended = AbortSignal.any([signal, controller.signal]);
    try {
      const target = targetOf(read(ASKED));
      present = { about: JSON.stringify(target), controller };
      button.disabled = true;
      replace(result, h("p", {}, t("target_asking")));
      replace(result, foundNodes(await api.post(PATH, target, { signal: ended, timeout: TIME_LIMIT_MILLISECONDS })));
    } catch (error) {
      if (ended.aborted) return;
      replace(result, error.field ? null : failureNodes(error));
      if (error.field) refused(error);
    }
    button.disabled = false;
  }

  function forget() {
    present?.controller.abort();
    present = null;
    button.disabled = false;
    replace(result);
  }

  function update({ specification }) {
    if (present && JSON.stringify(targetOf(specification)) !== present.about) forget();
  }

  return { node: h("div", { class: "field target-check" }, button, result), update };
}

function targetOf(specification) {
  return Object.fromEntries(ASKED.filter((name) => specification[name] !== undefined).map((name) => [name, specification[name]]));
}

function foundNodes({ ok, error, error_reason: reason, advice, agent_id: agent, adapter, model, notes, timestamp_source: source }) {
  const seen = h("p", { class: "small" }, t("target_seen", { agent, source }));
  if (!ok) return [badge(t("target_bad"), "bad"), h("p", { class: "problem" }, error), h("p", {}, adviceOf(reason) ?? advice), seen];
  return [badge(t("target_good"), "good"), h("p", {}, t("target_found", { model, adapter })), notes.map((note) => h("p", {}, note)), seen];
}

function failureNodes(error) {
  const agents = error.reason === "NO_AGENTS_READY" && h("a", { href: link("agents") }, t("see_agents"));
  return [h("p", { class: "problem" }, messageOf(error)), h("p", {}, adviceOf(error.reason) ?? adviceFor(error), " ", agents)];
}

/** What to do in the words of the reader's language; undefined of a reason that has none. */
function adviceOf(reason) {
  const key = `advice_${reason}`;
  return Object.hasOwn(words.en, key) ? t(key) : undefined;
}
