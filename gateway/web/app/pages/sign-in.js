// Signing in with an API key or an access token. It is tried before it is kept, and kept for this tab only.

import { request, ApiError } from "../api.js";
import { h, replace } from "../dom.js";
import { texts } from "../i18n.js";
import { commandLine } from "../parts/command.js";
import { field, form } from "../parts/form.js";
import { empty } from "../parts/states.js";
import { go } from "../router.js";
import { canBeCredential, currentCaller, setCaller, signInWith } from "../session.js";
import * as words from "../texts/sign-in.js";

const t = texts(words);

export async function show({ root, query, signal }) {
  if (currentCaller()?.method === "open") {
    replace(root, empty(t("open"), t("open_advice"), h("a", { class: "button primary", href: "#/" }, t("to_start"))));
    return;
  }
  const credential = field({
    name: "credential", label: t("credential"), type: "password", hint: t("hint"), required: true,
    autocomplete: "current-password", spellcheck: "false", autofocus: true,
  });

  async function send({ credential: given }) {
    const text = given.trim();
    if (!canBeCredential(text)) {
      throw new ApiError({ status: 400, reason: "INVALID_FIELD_FORMAT", field: "credential", message: t("malformed") });
    }
    let caller;
    try {
      caller = await request("GET", "/api/v1/auth/me", { signal, quiet: true, credential: text });
    } catch (error) {
      if (error instanceof ApiError && error.status === 401) error.field = "credential";
      throw error;
    }
    signInWith(text);
    setCaller(caller);
    const next = query.next?.startsWith("#/") ? query.next : "#/";
    go(next);
    dispatchEvent(new Event("loadcell:signed-in"));
  }

  const { node } = form({ fields: [credential], action: t("action"), send, signal });
  replace(root, h("div", { class: "narrow card" }, h("p", {}, t("about")), node, h("details", {}, h("summary", {}, t("no_key")), h("p", {}, t("make_one")), h("pre", {}, commandLine(["keys", "create", "me", "--role", "viewer"])))));
  credential.input.focus();
}
