// Which period is looked at, as a choice that stands in the address: ?period=7d.

import { texts } from "../i18n.js";
import * as words from "../texts/parts.js";
import { field } from "./form.js";

export const PERIODS = { "1h": "now-1h", "24h": "now-24h", "7d": "now-7d", "30d": "now-30d", "90d": "now-90d" };
const DEFAULT = "7d";
const t = texts(words);

/** The period of a query; the default where it names none that there is. */
export function periodOf(query, fallback = DEFAULT) {
  return Object.hasOwn(PERIODS, query.period ?? "") ? query.period : fallback;
}

/** A field to choose one of some periods with. */
export function periodField(selected, choose, names = Object.keys(PERIODS)) {
  const options = names.map((name) => [name, t(`period_${name}`)]);
  const made = field({ name: "period", label: t("period"), type: "select", value: selected, options });
  made.input.addEventListener("change", () => choose(made.value()));
  made.node.classList.add("short-field");
  return made.node;
}
