// What a result means: by rules at once, or by a model as it writes, in either language.

import { ApiError, path } from "../../api.js";
import { h, replace } from "../../dom.js";
import { LANGUAGES, language, texts } from "../../i18n.js";
import { badge } from "../../parts/badge.js";
import { card } from "../../parts/card.js";
import { field } from "../../parts/form.js";
import { prose } from "../../parts/prose.js";
import { region } from "../../parts/region.js";
import { failed } from "../../parts/states.js";
import { may } from "../../session.js";
import * as words from "../../texts/result.js";

const TONES = { info: "info", warning: "warn", critical: "bad" };
const t = texts(words);

/** What the rules say, as one document. */
export function rulesOf(runId, wanted, api) {
  return api.get(path`/api/v1/benchmark/result/${runId}/analysis`, { query: { mode: "rules", language: wanted } });
}

export function analysis(result, { query, choose, api, signal }) {
  const wanted = Object.hasOwn(LANGUAGES, query.language ?? "") ? query.language : language();
  const tongue = field({ name: "language", label: t("language"), type: "select", value: wanted, options: Object.entries(LANGUAGES) });
  const rules = h("div", {});
  const model = h("div", { "aria-live": "polite" });
  let writing = null;

  function byRules() {
    replace(rules, region({ load: () => rulesOf(result.run_id, tongue.value(), api), draw: ({ findings }) => findingList(findings, tongue.value()), signal }).node);
  }

  async function byModel(refresh) {
    writing?.abort();
    writing = new AbortController();
    const mine = writing;
    const state = h("p", { class: "small", role: "status" }, t("writing"));
    const place = h("div", { lang: tongue.value() });
    replace(model, state, place);
    let text = "";
    let frame = 0;
    const drawText = () => { frame = 0; replace(place, prose(text)); };
    try {
      const query_ = { mode: "llm", language: tongue.value(), refresh: refresh || null };
      const address = path`/api/v1/benchmark/result/${result.run_id}/analysis`;
      for await (const piece of api.events(address, { query: query_, signal: AbortSignal.any([signal, mine.signal]) })) {
        if (piece.error) throw new ApiError({ reason: "ANALYSIS_FAILED", message: piece.error });
        if (piece.thinking !== undefined) state.textContent = t(piece.thinking ? "thinking" : "writing");
        text += piece.content ?? "";
        frame ||= requestAnimationFrame(drawText);
      }
      drawText();
      state.textContent = t("a_model_wrote");
      state.after(h("p", { class: "actions" }, save(text), may("runs:analyze") && h("button", { type: "button", onclick: () => byModel(true) }, t("write_anew"))));
    } catch (error) {
      if (signal.aborted || mine.signal.aborted) return;
      if (error.reason === "ANALYSIS_OFF") replace(model, h("p", {}, error.message), h("p", { class: "small" }, t("analysis_off_advice")));
      else replace(model, failed(error, () => byModel(refresh)), place);
    }
  }

  function save(text) {
    const href = URL.createObjectURL(new Blob([text], { type: "text/markdown" }));
    signal.addEventListener("abort", () => URL.revokeObjectURL(href), { once: true });
    return h("a", { class: "button", href, download: `analysis_${result.run_id.slice(0, 8)}.md` }, t("save_text"));
  }

  tongue.input.addEventListener("change", () => {
    writing?.abort();
    replace(model);
    byRules();
    choose({ language: tongue.value() });
  });
  byRules();
  const ask = h("button", { type: "button", onclick: () => byModel(false) }, t("ask_model"));
  return [
    card(t("by_rules"), { beside: tongue.node }, rules),
    card(t("by_model"), { beside: ask }, h("p", { class: "small" }, t("by_model_hint")), model),
  ];
}

function findingList(findings, tongue) {
  return h("ul", { class: "findings", lang: tongue }, findings.map((one) => h(
    "li", {},
    h("p", {}, badge(t(`severity_${one.severity}`), TONES[one.severity]), " ", h("strong", {}, one.title), " ", h("code", { class: "small" }, one.code)),
    one.sentences.map((sentence) => h("p", {}, sentence)),
  )));
}
