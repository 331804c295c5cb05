// What was spent and on what, what is to come, prices, and budgets: a tab each.

import { replace } from "../dom.js";
import { texts } from "../i18n.js";
import { tabs } from "../parts/tabs.js";
import * as words from "../texts/costs.js";
import { budgets } from "./costs/budgets.js";
import { forecast } from "./costs/forecast.js";
import { prices } from "./costs/prices.js";
import { spent } from "./costs/spent.js";

const t = texts(words);

export async function show(context) {
  const { root, query, setQuery } = context;
  const choose = (tab) => setQuery({ tab, cursor: null }, { replace: true });
  const { node } = tabs(t("costs"), [
    { key: "spent", label: t("spent"), draw: () => spent(context) },
    { key: "forecast", label: t("forecast"), draw: () => forecast(context) },
    { key: "prices", label: t("prices"), draw: () => prices(context) },
    { key: "budgets", label: t("budgets"), draw: () => budgets(context) },
  ], { selected: query.tab, choose, remote: true });
  replace(root, node);
}
