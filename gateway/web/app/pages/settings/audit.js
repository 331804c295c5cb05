// The audit log: who changed what, and who was refused.

import { h } from "../../dom.js";
import { moment } from "../../format.js";
import { texts } from "../../i18n.js";
import { badge } from "../../parts/badge.js";
import { card } from "../../parts/card.js";
import { field } from "../../parts/form.js";
import { pager } from "../../parts/pager.js";
import { PERIODS, periodField, periodOf } from "../../parts/period.js";
import { region } from "../../parts/region.js";
import { empty } from "../../parts/states.js";
import { table } from "../../parts/table.js";
import * as words from "../../texts/settings.js";

const PAGE_SIZE = 50;
const t = texts(words);

export function audit({ api, query, signal, setQuery }) {
  const period = periodOf(query, "7d");
  const list = region({
    load: () => api.get("/api/v1/audit", {
      query: { limit: PAGE_SIZE, cursor: query.cursor, from: PERIODS[period], principal_id: query.principal, method: query.method, outcome: query.outcome },
    }),
    draw: (page) => [entryTable(page.entries), pager({ cursor: query.cursor, next: page.next_cursor, total: page.total, choose: (cursor) => setQuery({ cursor }) })],
    signal,
  });
  const filter = (name, label) => {
    const made = field({ name, label, value: query[name], onchange: () => setQuery({ [name]: made.value().trim(), cursor: null }) });
    return made.node;
  };
  const filters = h(
    "div", { class: "filters" },
    periodField(period, (chosen) => setQuery({ period: chosen, cursor: null })),
    filter("principal", t("principal")),
    filter("method", t("method")),
    filter("outcome", t("outcome")),
  );
  return card(t("audit"), {}, h("p", {}, t("audit_about")), filters, list.node);
}

function entryTable(entries) {
  const columns = [
    { key: "at", label: t("when"), cell: (entry) => moment(entry.called_at) },
    { key: "who", label: t("who"), cell: (entry) => [entry.principal_name || entry.principal_id || t("nobody"), h("div", { class: "small" }, entry.role)] },
    { key: "method", label: t("method"), cell: ({ method }) => h("code", {}, method) },
    { key: "resource", label: t("about"), cell: (entry) => h("code", {}, entry.resource_id) },
    { key: "project", label: t("project"), cell: (entry) => entry.project_id },
    { key: "outcome", label: t("outcome"), cell: ({ outcome }) => badge(outcome, outcome === "OK" ? "ok" : "bad") },
    { key: "from", label: t("address"), cell: (entry) => entry.client_address },
    { key: "request", label: t("request"), cell: (entry) => h("code", { class: "small" }, entry.request_id) },
  ];
  return table(columns, entries, { caption: t("audit"), empty: empty(t("no_entries"), t("no_entries_advice")) });
}
