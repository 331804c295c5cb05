// A part of a page that waits for data by itself, so that nothing else on the page does.

import { h, replace } from "../dom.js";
import { texts } from "../i18n.js";
import * as words from "../texts/states.js";
import { failed } from "./states.js";

const SLOW_MILLISECONDS = 4_000;
const t = texts(words);

/** Grey lines where something will be; after a while a text says that it is still awaited. */
export function skeleton(lines = 4) {
  const text = h("p", { class: "spoken", role: "status" }, t("loading"));
  const timer = setTimeout(() => {
    text.textContent = t("slow");
    text.classList.remove("spoken");
  }, SLOW_MILLISECONDS);
  const bars = Array.from({ length: lines }, () => h("div", { class: "bone", "aria-hidden": "true" }));
  const node = h("div", { class: "skeleton" }, text, bars);
  node.stop = () => clearTimeout(timer);
  return node;
}

/**
 * A region: `load()` returns a promise of data, `draw(data, signal)` nodes for it; the signal is aborted when they are
 * drawn anew or the page is left. Returns `{node, reload(), redraw()}`.
 * While it loads there is a skeleton, the first time; when it fails, an error with a button to try again. A reload that
 * was overtaken by another is dropped. What was drawn stays until there is something newer, below an error too, and
 * what has the focus and a name has it afterwards.
 */
export function region({ load, draw, signal, lines = 4 }) {
  const node = h("div", { class: "region" });
  let number = 0;
  let data = null;
  let drawing = null;

  function redraw() {
    drawing?.abort();
    drawing = new AbortController();
    const focused = node.contains(document.activeElement) ? document.activeElement.getAttribute("name") : null;
    replace(node, draw(data, AbortSignal.any([signal, drawing.signal])));
    if (focused) node.querySelector(`[name="${CSS.escape(focused)}"]`)?.focus();
  }

  function tell(failure) {
    const text = (one) => one?.querySelector(".state-text").textContent;
    if (text(node.querySelector(":scope > .failed")) === text(failure)) return; // read out once
    for (const one of node.querySelectorAll(":scope > .failed, :scope > .skeleton")) one.remove();
    node.prepend(failure);
  }

  async function reload() {
    number += 1;
    const mine = number;
    node.setAttribute("aria-busy", "true");
    const bones = drawing ? null : skeleton(lines);
    if (bones) replace(node, bones);
    try {
      const found = await load();
      if (mine !== number || signal.aborted) return;
      data = found;
      redraw();
    } catch (error) {
      if (mine !== number || signal.aborted) return;
      tell(failed(error, reload));
    } finally {
      bones?.stop();
      if (mine === number) node.setAttribute("aria-busy", "false");
    }
  }

  reload();
  return { node, reload, redraw: () => { if (drawing) redraw(); } };
}
