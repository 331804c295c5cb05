// What is around each page: the name, the navigation, language, colours, and who is signed in.

import { h, identifier, replace, spoken } from "./dom.js";
import { LANGUAGES, language, setLanguage, texts } from "./i18n.js";
import { PAGES } from "./pages.js";
import { link } from "./router.js";
import { currentCaller, may } from "./session.js";
import * as words from "./texts/frame.js";
import { onTheme, theme, toggleTheme } from "./theme.js";

const GROUPS = ["runs", "explore", "fleet"];
const t = texts(words);

/** The frame: `node`, `content` for a page, `draw()` after a change of language or caller, `title`, `select`. */
export function makeFrame({ languageChanged, signedOut }) {
  const heading = h("h1", { tabindex: "-1" });
  const beside = h("div", { class: "beside-title" });
  const content = h("div", { class: "content" });
  const main = h("main", { id: "main", tabindex: "-1" }, h("div", { class: "title" }, heading, beside), content);
  const side = h("div", { class: "side", id: "side" });
  const top = h("header", { class: "top" });
  const skip = h("button", { class: "skip", type: "button", onclick: () => main.focus() });
  const node = h("div", { class: "frame", id: "app" }, skip, top, side, main);
  let selected = "";

  const isOpen = () => node.classList.contains("menu-open");
  const menu = () => top.querySelector(".menu");

  function open(wanted) {
    node.classList.toggle("menu-open", wanted);
    menu().setAttribute("aria-expanded", String(wanted));
  }

  const colours = h("button", { type: "button", class: "quiet", onclick: toggleTheme });
  const nameColours = () => { colours.textContent = theme() === "dark" ? t("light") : t("dark"); };
  onTheme(nameColours);

  function draw() {
    const focused = side.contains(document.activeElement) ? document.activeElement.getAttribute("name") : null;
    nameColours();
    skip.textContent = t("skip");
    replace(top, menuButton(isOpen(), () => open(!isOpen())), h("a", { class: "name", href: "#/" }, "loadcell"));
    replace(side, h("a", { class: "name", href: "#/" }, "loadcell"), navigation(selected), choices(colours, { languageChanged, signedOut }));
    if (focused) side.querySelector(`[name="${CSS.escape(focused)}"]`)?.focus();
  }

  side.addEventListener("click", (event) => { if (event.target.closest("a")) open(false); });
  node.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !isOpen()) return;
    open(false);
    menu().focus();
  });

  return {
    node,
    content,
    draw,
    focusTitle() {
      if (isOpen()) open(false); // another page was reached without it
      scrollTo(0, 0);
      heading.focus({ preventScroll: true });
    },
    title(text, nodes = []) {
      replace(heading, text);
      replace(beside, nodes);
      document.title = `${heading.textContent} · loadcell`;
    },
    select(name) {
      selected = name;
      for (const one of side.querySelectorAll("nav a")) {
        if (one.dataset.page === name) one.setAttribute("aria-current", "page");
        else one.removeAttribute("aria-current");
      }
    },
  };
}

function menuButton(isOpen, onclick) {
  const bars = h("span", { class: "bars", "aria-hidden": "true" });
  return h("button", { class: "menu", type: "button", "aria-expanded": String(isOpen), "aria-controls": "side", onclick }, bars, spoken(t("menu")));
}

function navigation(selected) {
  const groups = currentCaller() === null ? [] : GROUPS.map((name) => group(name, selected));
  return h("nav", { "aria-label": t("navigation") }, groups);
}

function group(name, selected) {
  const pages = PAGES.filter((page) => page.menu === name && may(page.permission));
  if (!pages.length) return null;
  const id = identifier("group");
  const entries = pages.map((page) => {
    const current = page.name === selected ? "page" : null;
    const entry = { href: link(page.name), "aria-current": current, dataset: { page: page.name } };
    return h("li", {}, h("a", entry, t(`page_${page.name}`)));
  });
  return h("div", { class: "group" }, h("h2", { id }, t(`group_${name}`)), h("ul", { "aria-labelledby": id }, entries));
}

function choices(colours, { languageChanged, signedOut }) {
  const id = identifier("language");
  const select = h("select", { id, name: "language", onchange: () => { setLanguage(select.value); languageChanged(); } });
  for (const [value, text] of Object.entries(LANGUAGES)) {
    select.append(h("option", { value, lang: value, selected: value === language() }, text));
  }
  return h("div", { class: "choices" }, who(signedOut), h("label", { class: "spoken", for: id }, t("language")), select, colours);
}

function who(signedOut) {
  const caller = currentCaller();
  if (caller === null) return null;
  if (caller.method === "open") return h("p", { class: "who" }, t("open_mode"));
  if (caller.method === "public") return h("p", { class: "who" }, t("guest"), " ", h("a", { href: link("sign-in") }, t("page_sign-in")));
  const name = h("span", { class: "who-name" }, caller.name || caller.principal_id);
  const out = h("button", { type: "button", class: "quiet", onclick: signedOut }, t("sign_out"));
  return h("p", { class: "who" }, name, " ", h("small", {}, caller.role), out);
}
