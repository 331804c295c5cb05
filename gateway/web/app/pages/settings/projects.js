// Projects: where their runs may aim, their quotas, and how much of these is taken.

import { path } from "../../api.js";
import { h } from "../../dom.js";
import { count, moment, short } from "../../format.js";
import { texts } from "../../i18n.js";
import { card } from "../../parts/card.js";
import { openDialog } from "../../parts/dialog.js";
import { field, form } from "../../parts/form.js";
import { region } from "../../parts/region.js";
import { cutNote, empty } from "../../parts/states.js";
import { table } from "../../parts/table.js";
import { toast } from "../../parts/toast.js";
import { may } from "../../session.js";
import * as words from "../../texts/settings.js";

const QUOTAS = ["running_runs", "rate", "agents", "stored_traces"];
const t = texts(words);

export function projects({ api, signal }) {
  const list = region({
    load: () => api.get("/api/v1/projects", { query: { limit: 1_000 } }),
    draw: ({ projects: found, next_cursor: next }) => [cutNote(found, next), projectTable(found, open)],
    signal,
  });

  async function open(name) {
    const saved = await openDialog(t("project_name", { name }), (close) => region({
      load: () => api.get(path`/api/v1/projects/${name}`),
      draw: ({ project, quotas }) => [quotaTable(quotas), may("projects:write") && projectForm(project, { api, signal, close })],
      signal,
    }).node, { signal, wide: true });
    if (!saved) return;
    toast(t("project_saved", { name }));
    list.reload();
  }

  return card(t("projects"), {}, h("p", {}, t("projects_about")), list.node);
}

function projectTable(all, open) {
  const quota = (value) => (value === null ? t("default") : Number(value) === 0 ? t("any") : short(value));
  const columns = [
    { key: "project_id", label: t("project"), sort: (one) => one.project_id },
    { key: "allowed", label: t("targets"), cell: (one) => one.allowed_targets || t("all_targets") },
    ...QUOTAS.map((name) => ({ key: name, label: t(`quota_${name}`), cell: (one) => quota(one[`quota_${name}`]), numeric: true })),
    { key: "updated", label: t("changed"), cell: (one) => (one.updated_at ? moment(one.updated_at) : t("never")), sort: (one) => one.updated_at },
    { key: "actions", label: "", cell: (one) => h("button", { type: "button", onclick: () => open(one.project_id) }, t(may("projects:write") ? "change" : "details")) },
  ];
  return table(columns, all, { caption: t("projects"), empty: empty(t("no_projects"), t("no_projects_advice")) });
}

function quotaTable(quotas) {
  const columns = [
    { key: "name", label: t("quota"), cell: ({ name }) => t(`quota_${name}`) },
    { key: "taken", label: t("taken"), cell: ({ taken }) => count(taken), numeric: true },
    { key: "limit", label: t("limit"), cell: ({ limit }) => (limit ? count(limit) : t("any")), numeric: true },
  ];
  return table(columns, quotas, { caption: t("quota") });
}

function projectForm(project, { api, signal, close }) {
  const number = { type: "number", min: "0", step: "any", hint: t("quota_hint") };
  const fields = [
    field({ name: "allowed_targets", label: t("targets"), type: "textarea", rows: 2, value: project.allowed_targets, hint: t("targets_hint") }),
    ...QUOTAS.map((name) => field({ name: `quota_${name}`, label: t(`quota_${name}`), value: project[`quota_${name}`], ...number })),
  ];
  const send = async (values) => {
    const given = Object.fromEntries(Object.entries(values).filter(([, value]) => value !== null && value !== ""));
    close(await api.put(path`/api/v1/projects/${project.project_id}`, given));
  };
  const body = [fields[0].node, h("div", { class: "fields" }, fields.slice(1).map(({ node }) => node))];
  return form({ fields, body, action: t("save"), send, signal }).node;
}
