// A dialog above the page. The browser's own: it keeps the focus inside, gives it back, and closes with Escape.

import { h, identifier, replace } from "../dom.js";
import { texts } from "../i18n.js";
import * as words from "../texts/parts.js";
import { messageOf } from "./states.js";

const t = texts(words);

/** Opens a dialog. `draw(close)` returns what is in it; the promise gives what `close(value)` was called with. */
export function openDialog(title, draw, { signal, wide = false } = {}) {
  const id = identifier("dialog");
  const node = h("dialog", { "aria-labelledby": id, class: wide ? "wide" : null });
  return new Promise((resolve) => {
    let result;
    const close = (value) => { result = value; node.close(); };
    node.addEventListener("close", () => { node.remove(); resolve(result); });
    signal?.addEventListener("abort", () => close(undefined), { once: true });
    const cross = h("button", { type: "button", class: "quiet cross", "aria-label": t("close"), onclick: () => close(undefined) }, "✕");
    replace(node, h("div", { class: "dialog-head" }, h("h2", { id }, title), cross), draw(close));
    document.body.append(node);
    node.showModal();
  });
}

/**
 * Asks whether something is to be done, and does it: `act()` is awaited, and what it throws is shown in the dialog.
 * Returns whether it was done.
 */
export function confirmed(title, { text, action, act, dangerous = false, signal }) {
  return openDialog(title, (close) => {
    const problem = h("p", { class: "problem", role: "alert" });
    const button = h("button", { type: "submit", class: dangerous ? "dangerous" : "primary" }, action);
    const submit = async (event) => {
      event.preventDefault();
      button.disabled = true;
      try {
        await act?.();
        close(true);
      } catch (error) {
        if (signal?.aborted) return;
        replace(problem, messageOf(error));
        button.disabled = false;
      }
    };
    const cancel = h("button", { type: "button", onclick: () => close(false), autofocus: true }, t("cancel"));
    return h(
      "form", { onsubmit: submit },
      h("p", {}, text),
      problem,
      h("p", { class: "actions" }, button, cancel),
    );
  }, { signal }).then(Boolean);
}
