// The prices of models, and to set one.

import { h } from "../../dom.js";
import { dollars } from "../../format.js";
import { texts } from "../../i18n.js";
import { card } from "../../parts/card.js";
import { openDialog } from "../../parts/dialog.js";
import { field, form } from "../../parts/form.js";
import { pager } from "../../parts/pager.js";
import { region } from "../../parts/region.js";
import { empty } from "../../parts/states.js";
import { table } from "../../parts/table.js";
import { toast } from "../../parts/toast.js";
import { may } from "../../session.js";
import * as words from "../../texts/costs.js";

const PAGE_SIZE = 100;
const t = texts(words);

export function prices({ query, api, signal, setQuery }) {
  const { cursor = "" } = query;
  const list = region({
    load: () => api.get("/api/v1/costs/pricing", { query: { limit: PAGE_SIZE, cursor } }),
    draw: ({ data, pagination }) => [
      priceTable(data, change),
      (pagination.has_more || cursor) && pager({ cursor, next: pagination.cursor ?? "", total: pagination.total, choose: (to) => setQuery({ cursor: to }) }),
    ],
    signal,
  });

  async function change(price = {}) {
    const model = await openDialog(t("set_price"), (close) => priceForm(price, { api, signal, close }), { signal });
    if (!model) return;
    toast(t("price_set", { model }));
    list.reload();
  }

  const button = may("prices:write") && h("button", { type: "button", onclick: () => change() }, t("set_price"));
  return card(t("prices"), { beside: button }, h("p", {}, t("prices_about")), list.node);
}

function priceForm(price, { api, signal, close }) {
  const amount = { type: "number", min: "0", max: "1000", step: "any", required: true };
  const fields = [
    field({ name: "model", label: t("by_model"), hint: t("model_hint"), value: price.model, required: true, maxlength: 256 }),
    field({ name: "provider", label: t("by_provider"), value: price.provider ?? "custom", maxlength: 128 }),
    field({ name: "prompt_cost_per_1k", label: t("prompt_price"), value: price.prompt_cost_per_1k, ...amount }),
    field({ name: "completion_cost_per_1k", label: t("completion_price"), value: price.completion_cost_per_1k, ...amount }),
    field({ name: "effective_date", label: t("from"), type: "date", hint: t("from_hint") }),
  ];
  const send = async (values) => {
    await api.put("/api/v1/costs/pricing", values);
    close(values.model);
  };
  return form({ fields, action: t("set_price"), send, signal }).node;
}

function priceTable(all, change) {
  const columns = [
    { key: "model", label: t("by_model"), sort: ({ model }) => model },
    { key: "provider", label: t("by_provider"), sort: ({ provider }) => provider },
    { key: "prompt", label: t("prompt_price"), cell: (one) => dollars(one.prompt_cost_per_1k), sort: (one) => one.prompt_cost_per_1k, numeric: true },
    { key: "completion", label: t("completion_price"), cell: (one) => dollars(one.completion_cost_per_1k), sort: (one) => one.completion_cost_per_1k, numeric: true },
    { key: "from", label: t("from"), cell: (one) => one.effective_date, sort: (one) => one.effective_date },
    ...(may("prices:write") ? [{ key: "actions", label: "", cell: (one) => h("button", { type: "button", onclick: () => change(one) }, t("change")) }] : []),
  ];
  return table(columns, all, { caption: t("prices"), empty: empty(t("no_prices"), t("no_prices_advice")) });
}
