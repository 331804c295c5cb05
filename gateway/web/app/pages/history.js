// All runs: found by words and filters, sorted, page by page, labelled, deleted, and chosen to be compared. The address
// has all of it.

import { h, replace } from "../dom.js";
import { texts } from "../i18n.js";
import { card } from "../parts/card.js";
import { pager } from "../parts/pager.js";
import { region } from "../parts/region.js";
import { goesOn } from "../parts/run.js";
import { deleteRun, describeRun } from "../parts/run_actions.js";
import { empty } from "../parts/states.js";
import { go, link } from "../router.js";
import { may } from "../session.js";
import * as words from "../texts/history.js";
import { filterForm, givenOf } from "./history/filters.js";
import { SORTS, runTable } from "./history/table.js";

const PAGE_SIZE = 50;
const LEAST = 2;
const MOST = 10;
const REFRESH_MILLISECONDS = 5_000;
const t = texts(words);

export async function show({ root, query, api, signal, setQuery }) {
  const cursor = query.cursor ?? "";
  const sort = { key: SORTS.includes(query.sort) ? query.sort : SORTS[0], descending: query.order !== "asc" };
  const chosen = new Set((query.chosen ?? "").split(",").filter(Boolean).slice(0, MOST));
  let runs = [];

  // Another question begins at its first page; the same one is asked again.
  const ask = (changes) => {
    const before = location.hash;
    setQuery({ cursor: null, ...changes });
    if (location.hash === before) list.reload();
  };
  const onSort = ({ key, descending }) => ask({ sort: key, order: descending ? null : "asc" });
  const bar = h("div", { class: "actions" });
  const choice = {
    has: (id) => chosen.has(id),
    set(id, isChosen) {
      if (!isChosen) chosen.delete(id);
      else if (chosen.size < MOST) chosen.add(id);
      drawBar();
      setQuery({ chosen: [...chosen].join(",") || null }, { replace: true });
      return chosen.has(id);
    },
  };

  function drawBar() {
    const isEnough = chosen.size >= LEAST;
    const compare = h("button", { type: "button", class: "primary", disabled: !isEnough, onclick: () => go(link("compare", [], { runs: [...chosen].join(",") })) }, t("compare"));
    const forget = chosen.size > 0 && h("button", { type: "button", onclick: forgetAll }, t("forget"));
    replace(bar, h("span", { class: "small", role: "status" }, isEnough ? t("chosen", { count: chosen.size, most: MOST }) : t("choose_more")), compare, forget);
  }

  function forgetAll() {
    chosen.clear();
    drawBar();
    list.redraw();
    setQuery({ chosen: null }, { replace: true });
  }

  const list = region({
    load: () => api.get("/api/v1/benchmark/history", {
      query: { ...givenOf(query), sort_by: sort.key, sort_order: sort.descending ? "desc" : "asc", limit: PAGE_SIZE, cursor },
    }),
    draw(page) {
      runs = page.runs;
      return [
        runTable(runs, { sort, onSort, empty: nothing(query), choice, describe, remove }),
        (page.total > 0 || cursor) && pager({ cursor, next: page.next_cursor, total: page.total, choose: (to) => setQuery({ cursor: to }) }),
      ];
    },
    signal,
    lines: 12,
  });

  async function describe(run) {
    if (await describeRun(run, { api, signal })) list.reload();
  }

  async function remove(run) {
    if (!(await deleteRun(run, { api, signal }))) return;
    if (chosen.has(run.run_id)) choice.set(run.run_id, false);
    list.reload();
  }

  drawBar();
  const start = may("runs:create") && h("a", { class: "button primary", href: link("new") }, t("start"));
  replace(
    root,
    card(t("question"), { beside: start }, filterForm(query, ask, signal)),
    card(t("runs"), { beside: bar }, h("p", { class: "small" }, t("order")), list.node),
  );
  const timer = setInterval(() => {
    const isSeen = document.visibilityState === "visible" && !list.node.contains(document.activeElement);
    if (isSeen && runs.some(goesOn)) list.reload();
  }, REFRESH_MILLISECONDS);
  signal.addEventListener("abort", () => clearInterval(timer), { once: true });

  // The choice is drawn already when it comes to stand in the address.
  const questionOf = (given) => JSON.stringify([givenOf(given), given.sort ?? "", given.order ?? "", given.cursor ?? ""]);
  return { update: (next) => questionOf(next) === questionOf(query) && (next.chosen ?? "") === [...chosen].join(",") };
}

function nothing(query) {
  const isFiltered = Object.keys(givenOf(query)).length > 0;
  const start = may("runs:create") && h("a", { class: "button primary", href: link("new") }, t("start"));
  return isFiltered ? empty(t("none"), t("none_advice")) : empty(t("none_at_all"), t("none_at_all_advice"), start);
}
