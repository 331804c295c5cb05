// Settings of runs that are not those of the base: what else than the server may have made the changes.

import { h } from "../../dom.js";
import { texts } from "../../i18n.js";
import { card } from "../../parts/card.js";
import { table } from "../../parts/table.js";
import * as words from "../../texts/compare.js";
import * as settings from "../../texts/run-settings.js";

const t = texts(words);
const nameOf = texts(settings);

export function differences(all, names) {
  return card(t("differences"), {}, h("p", { class: "small" }, t("differences_text")), table([
    { key: "setting", label: t("setting"), cell: settingName, sort: settingName },
    { key: "base_value", label: t("base_value"), cell: (one) => h("code", { class: "address" }, one.base_value) },
    { key: "value", label: t("value"), cell: (one) => h("code", { class: "address" }, one.value) },
    { key: "run", label: t("run"), cell: (one) => h("span", { class: "run-name" }, names.get(one.run_id)), sort: (one) => names.get(one.run_id) },
  ], all, { caption: t("differences") }));
}

/** What a setting is called; one of a newer controller has only the name that it has in the API. */
function settingName({ setting }) {
  return Object.hasOwn(settings.en, setting) ? nameOf(setting) : setting;
}
