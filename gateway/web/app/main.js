// The dashboard: one document, a page for each `#/name/...?state`, no step that builds anything.
//
// How it is cut:
//   main.js         starts, and shows the page that the address names
//   frame.js        what is around each page: navigation, language, colours, who is signed in
//   pages.js        the pages there are; pages/<name>.js each exports `show(context)`
//   router.js       addresses: `place()`, `link(name, parts, query)`, `go(address)`
//   api.js          calls of the gateway, errors; live.js: WebSockets that come back by themselves
//   session.js      the credential; preferences.js, theme.js, i18n.js: what a person has chosen
//   dom.js          `h(tag, properties, ...children)`: elements, with text only ever as text
//   format.js       numbers, units and times; terms.js: what each metric means; charts.js: drawings, loaded when needed
//   parts/<part>.js what pages are put together from; texts/<area>.js: all that is read, in each language
//
// A page is a module with `async function show(context)`, and may return `{ update(query) }` to be told of a changed
// query of the same address; without it, or when it returns false, the page is shown anew. The context has
//   root        the element to fill; it is empty, below a heading with the title of the page
//   parts       what follows the name in the address; query: the rest of it, an object of texts
//   signal      aborted when the page is left: give it to whatever waits or listens
//   api         get, post, put, patch, delete, download, events, bound to the signal
//   setQuery(changes, {replace})  changes the query of the address, null takes a name away
//   setTitle(text, ...nodes)      another heading, and what stands beside it
//   caller      who is signed in; may("runs:create") of session.js says what is permitted

import { makeApi, onUnauthenticated, request } from "./api.js";
import { h, replace } from "./dom.js";
import { makeFrame } from "./frame.js";
import { language, texts } from "./i18n.js";
import { PAGES, pageNamed } from "./pages.js";
import { forbidden, failed } from "./parts/states.js";
import { skeleton } from "./parts/region.js";
import { go, goInstead, link, place } from "./router.js";
import { currentCaller, isSignedIn, may, setCaller, signOut } from "./session.js";
import * as words from "./texts/frame.js";
import { apply as applyTheme } from "./theme.js";

const SIGN_IN = "sign-in";
const GUEST = { method: "public", name: "", role: "viewer", permissions: ["runs:read"], projects: [], all_projects: false };

const t = texts(words);
let frame = null;
let asked = false; // whether it was asked who calls; at the sign-in that is only worth it when nobody has
let shown = null; // {name, parts, controller, page}

/** Asks who calls; where nobody is, but runs may be read by everybody, that is a guest. */
async function identify() {
  try {
    setCaller(await request("GET", "/api/v1/auth/me", { quiet: true }));
  } catch (error) {
    if (error.status !== 401) throw error;
    if (isSignedIn()) signOut();
    try {
      await request("GET", "/api/v1/benchmark/history", { query: { limit: 1 }, quiet: true });
    } catch (refusal) {
      if (refusal.status === 401) return;
      throw refusal;
    }
    setCaller(GUEST);
  }
}

/** Where to sign in, to come back here; several calls may be refused at once, of which the first knows where that is. */
function signInAddress() {
  const here = location.hash;
  return place().parts[0] === SIGN_IN ? here : link(SIGN_IN, [], { next: here });
}

/** Ends what is shown: nothing that it waits for or listens to goes on. */
function leave() {
  shown?.controller.abort();
  shown = null;
}

async function show() {
  const { parts, query } = place();
  const name = parts[0] ?? PAGES[0].name;
  const rest = parts.slice(1);
  const isSame = shown !== null && shown.name === name && shown.parts.join("/") === rest.join("/");
  if (isSame && shown.page?.update && shown.page.update(query) !== false) return;
  const again = shown !== null;
  const focused = isSame ? document.activeElement?.getAttribute("name") : null;
  shown?.controller.abort();
  const controller = new AbortController();
  const here = { name, parts: rest, controller, page: null };
  shown = here;
  frame.select(name);
  const root = h("div", { class: "page" });
  const current = () => shown === here;
  try {
    frame.content.setAttribute("aria-busy", "true");
    replace(frame.content, skeleton());
    if (currentCaller() === null && (name !== SIGN_IN || !asked)) {
      asked = true;
      await identify();
      if (!current()) return;
      frame.draw();
      if (currentCaller() === null && name !== SIGN_IN) {
        goInstead(signInAddress());
        return;
      }
    }
    const page = pageNamed(name);
    const title = page ? t(`page_${name}`) : t("nothing_here");
    const setTitle = (text, ...beside) => {
      if (current()) frame.title(text, beside);
    };
    setTitle(title);
    replace(frame.content, root);
    if (again && !isSame) frame.focusTitle();
    if (!page) replace(root, h("p", {}, t("no_such_page", { name })), h("p", {}, h("a", { href: "#/" }, t("to_start"))));
    else if (!may(page.permission)) replace(root, forbidden(page.permission));
    else {
      if (page.style) addStyle(page.name);
      const module = await page.module();
      if (!current()) return;
      here.page = await module.show({
        root,
        parts: rest,
        query,
        signal: controller.signal,
        api: makeApi(controller.signal),
        caller: currentCaller(),
        setTitle,
        setQuery: (changes, options) => {
          if (current()) setQuery(changes, options);
        },
      });
      if (focused) giveBackFocus(root, focused, controller.signal);
    }
  } catch (error) {
    if (!current() || controller.signal.aborted) return;
    replace(frame.content, failed(error, () => { leave(); show(); }));
  } finally {
    if (current()) frame.content.setAttribute("aria-busy", "false");
  }
}

/** Gives the focus back to what has a name, when it is there again, unless something else has got it by then. */
function giveBackFocus(root, name, signal) {
  const observer = new MutationObserver(look);
  function look() {
    const found = root.querySelector(`[name="${CSS.escape(name)}"]`);
    const isFree = document.activeElement === document.body;
    if (found && isFree) found.focus();
    if (found || !isFree) observer.disconnect();
  }
  observer.observe(root, { childList: true, subtree: true });
  signal.addEventListener("abort", () => observer.disconnect(), { once: true });
  look();
}

/** Adds styles/pages/<name>.css to the document, once. */
function addStyle(name) {
  const id = `style-${name}`;
  const href = new URL(`../styles/pages/${name}.css`, import.meta.url).href;
  if (!document.getElementById(id)) document.head.append(h("link", { rel: "stylesheet", id, href }));
}

function setQuery(changes, { replace: instead = false } = {}) {
  const { parts, query } = place();
  const address = link(parts[0] ?? PAGES[0].name, parts.slice(1), { ...query, ...changes });
  if (instead) goInstead(address);
  else go(address);
}

function start() {
  document.documentElement.lang = language();
  applyTheme();
  frame = makeFrame({
    languageChanged() {
      leave();
      frame.draw();
      show();
    },
    signedOut() {
      signOut();
      leave();
      frame.draw();
      goInstead(link(SIGN_IN));
    },
  });
  document.getElementById("app").replaceWith(frame.node);
  frame.draw();
  onUnauthenticated(() => {
    signOut();
    frame.draw();
    goInstead(signInAddress());
  });
  addEventListener("hashchange", show);
  addEventListener("loadcell:signed-in", () => frame.draw());
  show();
}

start();
