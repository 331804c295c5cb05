// A secret that is shown this once, with a button that copies it.

import { h } from "../dom.js";
import { texts } from "../i18n.js";
import * as words from "../texts/parts.js";
import { openDialog } from "./dialog.js";

const t = texts(words);

export function showSecret(title, secret, { signal } = {}) {
  return openDialog(title, (close) => h(
    "div", {},
    h("p", {}, t("shown_once")),
    copyable(secret),
    h("p", { class: "actions" }, h("button", { type: "button", class: "primary", onclick: () => close() }, t("have_it"))),
  ), { signal });
}

/** A text to copy: a command, a key. */
export function copyable(text) {
  const code = h("code", { class: "copyable-text" }, text);
  const button = h("button", { type: "button", onclick: copy }, t("copy"));
  async function copy() {
    try {
      await navigator.clipboard.writeText(text);
      button.textContent = t("copied");
    } catch {
      getSelection().selectAllChildren(code); // where pages may not write: one key less to press
    }
  }
  return h("div", { class: "copyable" }, code, button);
}
