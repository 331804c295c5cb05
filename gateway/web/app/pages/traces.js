// Single requests of all runs: found by filters, or by conditions joined by and, or, not. The address has all of it.

import { replace } from "../dom.js";
import { texts } from "../i18n.js";
import { card } from "../parts/card.js";
import { pager } from "../parts/pager.js";
import { region } from "../parts/region.js";
import { empty } from "../parts/states.js";
import { tabs } from "../parts/tabs.js";
import * as words from "../texts/traces.js";
import { conditionsForm, conditionsOf } from "./traces/conditions.js";
import { FILTERS, filterForm, givenOf, inWordsOfFilters } from "./traces/filters.js";
import { traceTable } from "./traces/table.js";

const PAGE_SIZE = 50;
const FIELDS = "model,status_code,ttft_ms,duration_ms,completion_tokens,total_cost_usd,error_message,run_id,level,finish_reason";
const t = texts(words);

export async function show({ root, query, api, signal, setQuery }) {
  const cursor = query.cursor ?? "";
  const sort = { key: query.sort ?? "ts", descending: query.order !== "asc" };
  const isSearch = query.tab === "conditions";

  // Another question begins at its first page; the same one is asked again.
  const ask = (changes) => {
    const before = location.hash;
    setQuery({ cursor: null, ...changes });
    if (location.hash === before) list.reload();
  };
  const onSort = ({ key, descending }) => ask({ sort: key, order: descending ? null : "asc" });

  const list = region({
    load: () => (isSearch ? search(api, query, sort, cursor) : api.get("/api/v1/traces", {
      query: { ...givenOf(query), sort_by: sort.key, sort_order: sort.descending ? "desc" : "asc", fields: FIELDS, limit: PAGE_SIZE, cursor },
    }).catch((error) => { throw inWordsOfFilters(error); })),
    draw: ({ data, pagination }) => [
      traceTable(data, { sort, onSort, empty: empty(t("none"), t("none_advice")) }),
      (pagination.has_more || cursor) && pager({ cursor, next: pagination.has_more ? pagination.cursor : "", choose: (to) => setQuery({ cursor: to }) }),
    ],
    signal,
    lines: 12,
  });

  const forget = Object.fromEntries(FILTERS.map(({ name }) => [name, null]));
  const { node } = tabs(t("how"), [
    { key: "filters", label: t("filters"), draw: () => filterForm(query, (given) => ask({ ...forget, ...given, tab: null }), signal) },
    { key: "conditions", label: t("conditions"), draw: () => conditionsForm(query, (where, join) => ask({ where, join, tab: "conditions" }), signal) },
  ], { selected: isSearch ? "conditions" : "filters" });
  replace(root, card(t("question"), {}, node), card(t("traces"), {}, list.node));
}

async function search(api, query, sort, cursor) {
  const found = conditionsOf(query);
  const body = { sort_by: sort.key, sort_desc: sort.descending, limit: PAGE_SIZE, cursor, fields: FIELDS.split(",") };
  if (found.filters.length) body.filter = found;
  return api.post("/api/v1/traces/search", body);
}
