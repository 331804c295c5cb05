// A new run: everything there is to say about it, what that will do, and the same from a terminal. The fields stand in
// the address, so that a link opens them filled in; secrets do not.

import { ApiError } from "../api.js";
import { h, replace } from "../dom.js";
import { texts } from "../i18n.js";
import { card } from "../parts/card.js";
import { form } from "../parts/form.js";
import { toast } from "../parts/toast.js";
import { go, link } from "../router.js";
import * as words from "../texts/new.js";
import { fieldOf, fillIn, textOf } from "./new/controls.js";
import { offerUpload } from "./new/dataset.js";
import { ALWAYS_OPEN, FIELDS, GROUPS, PRESETS, applies, presetOf } from "./new/fields.js";
import { makeOutlook } from "./new/outlook.js";
import { newRequestId } from "./new/request_id.js";
import { queryOf, specificationOf, valuesOf } from "./new/specification.js";
import { makeTargetCheck } from "./new/target_check.js";

const TYPING_MILLISECONDS = 300;
const NAMES = FIELDS.map(({ name }) => name);
const PRESET_GROUPS = new Set(["load", "workload"]);
const TRIES = 3; // the identifier of the request makes a repeat the same run
const t = texts(words);

export async function show({ root, query, api, signal, setQuery }) {
  const first = valuesOf(query);
  const fields = new Map(FIELDS.map((about) => [about.name, fieldOf(about, first[about.name])]));
  const groups = new Map(GROUPS.map((name) => [name, groupOf(name, fields, first)]));
  offerUpload(fields.get("dataset_asset"), signal);
  const outlook = makeOutlook(signal);
  const targetCheck = makeTargetCheck({ api, signal, read, refused });
  fields.get("server_url").node.after(targetCheck.node);
  let requestId = newRequestId();
  let typing = null;

  function values() {
    return Object.fromEntries(FIELDS.map((about) => [about.name, textOf(about, fields.get(about.name)) || presetOf(about)]));
  }

  function draw() {
    const present = values();
    for (const about of FIELDS) fields.get(about.name).node.hidden = !applies(about, present);
    const said = specificationOf(present);
    outlook.update(said);
    targetCheck.update(said);
  }

  function changed() {
    requestId = newRequestId();
    draw();
    clearTimeout(typing);
    typing = setTimeout(() => setQuery(queryOf(values()), { replace: true }), TYPING_MILLISECONDS);
  }

  function fill(wanted) {
    for (const about of FIELDS) if (about.name in wanted) fillIn(about, fields.get(about.name), wanted[about.name]);
  }

  /** Everything that a preset says, as it is before anybody has chosen: what it does not name it has that way. */
  function unset() {
    return Object.fromEntries(FIELDS.filter(({ group }) => PRESET_GROUPS.has(group)).map((about) => [about.name, presetOf(about)]));
  }

  /** The specification; an error at the first of these fields that cannot be read. */
  function read(names) {
    const { specification, problems } = specificationOf(values());
    const [field, key, named] = problems.find(([name]) => names.includes(name)) ?? [];
    if (field) throw new ApiError({ status: 400, reason: "UNREADABLE", field, message: t(key, named) });
    return specification;
  }

  function refused(error) {
    uncover(error?.field, groups);
    whole.setErrors(error);
  }

  async function send(options) {
    try {
      return await api.post("/api/v1/benchmark/run", { ...read(NAMES), ...options }, { tries: TRIES });
    } catch (error) {
      uncover(error.field, groups);
      throw error;
    }
  }

  const check = h("button", { type: "button", onclick: checkPlan }, t("check"));
  async function checkPlan() {
    check.disabled = true;
    whole.setErrors(null);
    try {
      await send({ validate_only: true });
      toast(t("valid"));
    } catch (error) {
      if (!signal.aborted) whole.setErrors(error);
    } finally {
      check.disabled = false;
    }
  }

  const presets = Object.entries(PRESETS).map(([name, wanted]) => h("button", {
    type: "button",
    onclick: () => { fill({ ...unset(), ...wanted }); changed(); },
  }, t(`preset_${name}`), h("span", { class: "small" }, ` ${t("preset_about", shownOf(wanted))}`)));
  const whole = form({
    fields: [...fields.values()],
    action: t("start"),
    body: [h("div", { class: "actions presets", role: "group", "aria-label": t("presets") }, presets), [...groups.values()], outlook.node],
    beside: check,
    send: async () => go(link("live", [(await send({ request_id: requestId })).run_id])),
    signal,
  });
  whole.node.addEventListener("input", changed);
  signal.addEventListener("abort", () => clearTimeout(typing), { once: true });
  draw();
  replace(root, whole.node);
  return {
    update(next) {
      const wanted = valuesOf(next);
      const present = values();
      const others = FIELDS.filter(({ name, secret }) => !secret && wanted[name] !== present[name]);
      if (!others.length) return;
      fill(Object.fromEntries(others.map(({ name }) => [name, wanted[name]])));
      for (const { name } of others) uncover(name, groups);
      draw();
    },
  };
}

function groupOf(name, fields, values) {
  const mine = FIELDS.filter(({ group }) => group === name);
  const content = h("div", { class: "fields" }, mine.map((about) => fields.get(about.name).node));
  if (ALWAYS_OPEN.has(name)) return card(t(`group_${name}`), {}, content);
  const isSaid = mine.some((about) => values[about.name] !== presetOf(about));
  return h("details", { class: "card", open: isSaid }, h("summary", {}, h("h2", {}, t(`group_${name}`))), h("p", { class: "small" }, t(`about_${name}`)), content);
}

/** Opens the group of a field, so that what is wrong with it can be seen. */
function uncover(path, groups) {
  const about = FIELDS.find(({ name }) => path === name || path?.startsWith(`${name}.`) || path?.startsWith(`${name}[`));
  if (about) groups.get(about.group).open = true;
}

function shownOf({ concurrency, num_prompts: requests, input_len: prompt, output_len: output }) {
  return { levels: concurrency.replaceAll(",", ", "), requests, prompt, output };
}
