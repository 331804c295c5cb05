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
 * Returns whether it was done. `typed` is a text that has to be typed first, for what cannot be taken back.
 */
export function confirmed(title, { text, action, act, dangerous = false, typed = "", signal }) {
  return openDialog(title, (close) => {
    const problem = h("p", { class: "problem", role: "alert" });
    const id = identifier("typed");
    const input = h("input", { id, autocomplete: "off", oninput: () => { button.disabled = input.value !== typed; } });
    const button = h("button", { type: "submit", class: dangerous ? "dangerous" : "primary", disabled: typed !== "" }, action);
    const submit = async (event) => {
      event.preventDefault();
      button.disabled = true;
      try {
        await act?.();
        close(true);
      } catch (error) {
        if (signal?.aborted) return;
        problem.textContent = messageOf(error);
        button.disabled = false;
      }
    };
    const cancel = h("button", { type: "button", onclick: () => close(false), autofocus: true }, t("cancel"));
    return h(
      "form", { onsubmit: submit },
      h("p", {}, text),
      typed && h("div", { class: "field" }, h("label", { for: id }, t("type_it", { text: typed })), input),
      problem,
      h("p", { class: "actions" }, button, cancel),
    );
  }, { signal }).then(Boolean);
}
