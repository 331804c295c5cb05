// A card: one figure with its name, or a section with a head.

import { h, identifier } from "../dom.js";
import { info } from "./term.js";

/** One figure. `note` stands below it, `term` is a key of terms.js, `tone` good, warn or bad. */
export function figure(label, value, { note = "", term = "", tone = "" } = {}) {
  return h(
    "div", { class: `figure ${tone}` },
    h("dt", {}, label, term && info(term)),
    h("dd", {}, h("span", { class: "figure-value" }, value), note && h("span", { class: "figure-note" }, note)),
  );
}

/** Figures side by side. */
export function figures(...all) {
  return h("dl", { class: "figures" }, all);
}

/** A section with a heading, and what stands beside the heading. */
export function card(title, { beside = null, level = 2 } = {}, ...content) {
  const id = identifier("card");
  const heading = h(`h${level}`, { id }, title);
  return h("section", { class: "card", "aria-labelledby": id }, h("div", { class: "card-head" }, heading, beside), content);
}
