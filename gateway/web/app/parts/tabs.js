// Tabs: one of several panels. Arrow keys go from tab to tab; which one is shown belongs in the address.

import { h, identifier, replace } from "../dom.js";

/**
 * Tabs: list of {key, label, draw()}; `draw` is called when its panel is first shown. `choose(key)` is told of the
 * choice, such as (key) => context.setQuery({tab: key}, {replace: true}); `remote` when the page is then shown anew, so
 * that nothing is drawn here. Returns {node}.
 */
export function tabs(label, all, { selected = all[0].key, choose = null, remote = false } = {}) {
  const prefix = identifier("tabs");
  const heads = new Map();
  const panel = h("div", { class: "tab-panel", role: "tabpanel", id: `${prefix}-panel`, tabindex: "0" });
  const drawn = new Map();

  function select(key) {
    const tab = all.find((one) => one.key === key) ?? all[0];
    for (const [name, button] of heads) {
      button.setAttribute("aria-selected", String(name === tab.key));
      button.tabIndex = name === tab.key ? 0 : -1;
    }
    if (!drawn.has(tab.key)) drawn.set(tab.key, tab.draw());
    panel.setAttribute("aria-labelledby", heads.get(tab.key).id);
    replace(panel, drawn.get(tab.key));
  }

  function go(key) {
    if (!remote) select(key);
    heads.get(key).focus();
    choose?.(key);
  }

  function keydown(event) {
    const names = all.map((one) => one.key);
    const at = names.findIndex((name) => heads.get(name) === event.target);
    const targets = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: names.length - 1 };
    if (at < 0 || !(event.key in targets)) return;
    event.preventDefault();
    go(names[(targets[event.key] + names.length) % names.length]);
  }

  for (const one of all) {
    const properties = { type: "button", role: "tab", name: `tab-${one.key}`, id: `${prefix}-${one.key}`, "aria-controls": panel.id, onclick: () => go(one.key) };
    heads.set(one.key, h("button", properties, one.label));
  }
  const list = h("div", { role: "tablist", class: "tab-list", "aria-label": label, onkeydown: keydown }, [...heads.values()]);
  select(selected);
  return { node: h("div", { class: "tabs" }, list, panel) };
}
