// Pages of a list by cursor: the address has the cursor, so a link shows the same page.

import { h } from "../dom.js";
import { count } from "../format.js";
import { texts } from "../i18n.js";
import * as words from "../texts/parts.js";

const t = texts(words);
const before = new Map(); // of each cursor that was reached from here, the one before it

/**
 * The way to other pages. `cursor` is that of this page ("" for the first), `next` that of the next ("" on the last),
 * `total` how many entries there are on all pages (null: unknown), `choose(cursor)` goes there.
 */
export function pager({ cursor = "", next = "", total = null, choose }) {
  if (next) before.set(next, cursor);
  const known = before.has(cursor);
  const button = (name, target, disabled) =>
    h("button", { type: "button", name: `page-${name}`, disabled, onclick: () => choose(target) }, t(name));
  return h(
    "nav", { class: "pager", "aria-label": t("pages") },
    button("first", "", !cursor),
    button("previous", before.get(cursor) ?? "", !cursor || !known),
    button("next", next, !next),
    total !== null && h("span", { class: "small" }, t("total", { total: count(total) })),
  );
}
