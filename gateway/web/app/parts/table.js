// A table: sorted by its heads, read by screen readers, wide ones scroll by themselves.

import { arrange, h, keeping, replace, spoken } from "../dom.js";
import { texts } from "../i18n.js";
import * as words from "../texts/parts.js";
import { info } from "./term.js";

const t = texts(words);

/**
 * Columns: {key, label, cell(row), sort(row) or sortable, numeric, term}. `cell` returns a text or nodes; `sort` a value
 * to sort by here; `sortable: true` a column that the gateway sorts by; `term` a key of terms.js for the head.
 * Options: caption (read out), sort {key, descending}, onSort(sort) to be told of another order, `remote` when rows come
 * in that order and are not sorted here, rowClass(row), empty: a node in the place of a table without rows.
 */
export function table(columns, rows, { caption, sort = null, onSort = null, remote = false, rowClass = null, empty = null } = {}) {
  if (!rows.length && empty) return empty;
  let present = sort;
  const body = h("tbody");
  const heads = h("tr");

  function draw() {
    replace(heads, columns.map((column) => head(column, present, choose)));
    replace(body, sorted().map((row) => rowNode(columns, row, rowClass)));
  }

  function sorted() {
    const column = columns.find(({ key }) => key === present?.key);
    return remote || !column?.sort ? rows : inOrder(rows, column.sort, present.descending);
  }

  function choose(key) {
    present = { key, descending: present?.key === key ? !present.descending : false };
    draw();
    heads.querySelector(`[name="${CSS.escape(`sort-${key}`)}"]`).focus();
    onSort?.(present);
  }

  draw();
  return framed(caption, heads, body);
}

/**
 * A table that follows what happens: `{node, update(rows)}`. Rows stay as they are but for those that have changed.
 * Columns as above; options: caption, key(row) that tells rows apart, rowClass(row).
 */
export function followingTable(columns, { caption, key, rowClass = null }) {
  const body = h("tbody");
  const rowNodes = keeping((row) => rowNode(columns, row, rowClass), key);
  const heads = h("tr", {}, columns.map((column) => head(column)));
  return { node: framed(caption, heads, body), update: (rows) => arrange(body, rowNodes(rows)) };
}

function framed(caption, heads, body) {
  const whole = h("table", {}, caption && h("caption", { class: "spoken" }, caption), h("thead", {}, heads), body);
  return h("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": caption ?? t("table") }, whole);
}

function rowNode(columns, row, rowClass) {
  return h("tr", { class: rowClass?.(row) }, columns.map((column, index) => cell(column, row, index === 0)));
}

function head(column, present = null, choose = null) {
  const isSorted = present?.key === column.key;
  const order = isSorted ? (present.descending ? "descending" : "ascending") : null;
  const inner = column.sort || column.sortable
    ? h("button", { type: "button", class: "sort", name: `sort-${column.key}`, onclick: () => choose(column.key) },
      column.label, h("span", { class: "arrow", "aria-hidden": "true" }, isSorted ? (present.descending ? " ↓" : " ↑") : " ↕"))
    : column.label || spoken(t("actions"));
  const properties = { scope: "col", class: column.numeric ? "number" : null, "aria-sort": order };
  return h("th", properties, h("span", { class: "head" }, inner, column.term && info(column.term)));
}

function cell(column, row, isFirst) {
  const content = column.cell ? column.cell(row) : row[column.key];
  const properties = { class: column.numeric ? "number" : null };
  return isFirst ? h("th", { scope: "row", ...properties }, content ?? "") : h("td", properties, content ?? "");
}

/** Rows in the order of a value; those without one are last, either way. */
export function inOrder(rows, value, descending = false) {
  const direction = descending ? -1 : 1;
  const isMissing = (one) => one === null || one === undefined || one === "" || Number.isNaN(one);
  return rows.map((row) => [row, value(row)]).sort(([, a], [, b]) => {
    if (isMissing(a) || isMissing(b)) return Number(isMissing(a)) - Number(isMissing(b));
    return direction * (typeof a === "string" ? a.localeCompare(b) : a - b);
  }).map(([row]) => row);
}
