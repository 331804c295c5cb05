// What a word means, where it stands: a small button that shows the definition when it is pointed at or focused.

import { h, identifier, replace } from "../dom.js";
import { define } from "../terms.js";
import { texts } from "../i18n.js";
import * as words from "../texts/parts.js";

const t = texts(words);
let bubble = null;

/** A name with its definition beside it. */
export function term(key, label = define(key).name) {
  return h("span", { class: "term" }, label, info(key));
}

/** The button alone, for heads that have a name already. */
export function info(key) {
  const { name, text } = define(key);
  return hint(t("what_is", { name }), text);
}

/** A button that shows any text. */
export function hint(label, text) {
  const id = identifier("hint");
  const button = h("button", { type: "button", class: "info", "aria-label": label, "aria-describedby": id }, "?");
  const hidden = h("span", { id, hidden: true }, text); // a description may be hidden, it is read all the same
  const show = () => open(button, text);
  button.addEventListener("mouseenter", show);
  button.addEventListener("focus", show);
  button.addEventListener("click", (event) => { event.preventDefault(); event.stopPropagation(); show(); });
  button.addEventListener("mouseleave", close);
  button.addEventListener("blur", close);
  button.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && bubble && !bubble.hidden) { event.stopPropagation(); close(); }
  });
  return h("span", { class: "hint" }, button, hidden);
}

function open(button, text) {
  bubble ??= h("div", { class: "bubble", role: "tooltip", "aria-hidden": "true" });
  const above = button.closest("dialog") ?? document.body; // dialogs lie above everything else
  if (bubble.parentNode !== above) above.append(bubble);
  replace(bubble, text);
  bubble.hidden = false;
  const at = button.getBoundingClientRect();
  const size = bubble.getBoundingClientRect();
  const left = Math.min(Math.max(8, at.left + at.width / 2 - size.width / 2), innerWidth - size.width - 8);
  const fitsBelow = at.bottom + size.height + 8 < innerHeight;
  bubble.style.setProperty("left", `${left}px`);
  bubble.style.setProperty("top", `${fitsBelow ? at.bottom + 6 : Math.max(8, at.top - size.height - 6)}px`);
}

addEventListener("hashchange", close);
addEventListener("keydown", ({ key }) => { if (key === "Escape") close(); }); // of one that is pointed at

function close() {
  if (bubble) bubble.hidden = true;
}
