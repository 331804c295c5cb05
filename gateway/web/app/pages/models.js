// The models that were under load or have a price: a list, one of them over time, and some side by side.

import { h, replace, spoken } from "../dom.js";
import { ago, count, dollars, short } from "../format.js";
import { texts } from "../i18n.js";
import { card } from "../parts/card.js";
import { pager } from "../parts/pager.js";
import { periodField, periodOf } from "../parts/period.js";
import { region } from "../parts/region.js";
import { empty } from "../parts/states.js";
import { table } from "../parts/table.js";
import { decoded, link } from "../router.js";
import { may } from "../session.js";
import * as words from "../texts/models.js";
import { comparison } from "./models/comparison.js";
import { usage } from "./models/usage.js";

const PAGE_SIZE = 100;
const MOST_COMPARED = 10;
const t = texts(words);

export async function show({ root, query, api, signal, setQuery, setTitle }) {
  const period = periodOf(query);
  const choosePeriod = (chosen) => setQuery({ period: chosen });
  if (query.model) {
    setTitle(query.model, h("a", { class: "button", href: link("models", [], { period }) }, t("all")));
    replace(root, periodField(period, choosePeriod), usage({ model: query.model, period, api, signal }));
    return;
  }
  if (query.compare) {
    const models = query.compare.split(",").map(decoded);
    setTitle(t("comparison"), h("a", { class: "button", href: link("models", [], { period }) }, t("all")));
    replace(root, periodField(period, choosePeriod), comparison({ models, period, api, signal }));
    return;
  }
  const chosen = new Set((query.chosen ?? "").split(",").filter(Boolean).map(decoded));
  const inAddress = () => [...chosen].map(encodeURIComponent).join(",");
  const compare = h("button", { type: "button", class: "primary", onclick: () => setQuery({ compare: inAddress(), chosen: null }) }, t("compare"));
  const permit = () => { compare.disabled = chosen.size < 2 || chosen.size > MOST_COMPARED; };
  const choose = (model, isChosen) => {
    if (isChosen) chosen.add(model);
    else chosen.delete(model);
    permit();
    setQuery({ chosen: inAddress() || null }, { replace: true });
  };
  const list = region({
    load: () => api.get("/api/v1/models", { query: { limit: PAGE_SIZE, cursor: query.cursor } }),
    draw: ({ data, pagination }) => [
      modelTable(data, { has: (model) => chosen.has(model), choose }),
      (pagination.has_more || query.cursor) && pager({
        cursor: query.cursor, next: pagination.cursor ?? "", total: pagination.total, choose: (cursor) => setQuery({ cursor }),
      }),
    ],
    signal,
  });
  permit();
  replace(root, card(t("models"), { beside: compare }, h("p", { class: "small" }, t("compare_hint")), list.node));
  // A choice is drawn already when it comes to stand in the address.
  const others = ({ chosen: _, ...rest }) => JSON.stringify(rest);
  return { update: (next) => others(next) === others(query) && (next.chosen ?? "") === inAddress() };
}

function modelTable(models, choice) {
  const columns = [
    { key: "model", label: t("model"), cell: ({ id }) => h("a", { href: link("models", [], { model: id }) }, id), sort: ({ id }) => id },
    { key: "chosen", label: t("choose"), cell: ({ id }) => tick(id, choice) },
    { key: "provider", label: t("provider"), cell: ({ providers, provider }) => (providers.length ? providers.join(", ") : provider), sort: ({ provider }) => provider },
    { key: "requests", label: t("requests"), cell: (one) => count(one.request_count), sort: (one) => Number(one.request_count), numeric: true },
    { key: "prompt", label: t("prompt_price"), cell: (one) => dollars(one.prompt_cost_per_1k), sort: (one) => one.prompt_cost_per_1k, numeric: true },
    { key: "completion", label: t("completion_price"), cell: (one) => dollars(one.completion_cost_per_1k), sort: (one) => one.completion_cost_per_1k, numeric: true },
    { key: "longest", label: t("longest"), cell: (one) => short(one.max_tokens), sort: (one) => one.max_tokens, numeric: true, term: "tokens" },
    { key: "last", label: t("last"), cell: (one) => ago(one.last_seen_at), sort: (one) => one.last_seen_at },
    { key: "traces", label: t("traces"), cell: ({ id }) => may("traces:read") && h("a", { href: link("traces", [], { model: id }) }, t("show_traces"), spoken(` ${id}`)) },
  ];
  const start = may("runs:create") && h("a", { class: "button primary", href: link("new") }, t("start"));
  return table(columns, models, { caption: t("models"), sort: { key: "model" }, empty: empty(t("none"), t("none_advice"), start) });
}

function tick(model, { has, choose }) {
  const box = h("input", { type: "checkbox", checked: has(model), "aria-label": t("choose_model", { model }), onchange: () => choose(model, box.checked) });
  return box;
}
