// API keys: made, rotated and revoked. A key is shown once, when it is made.

import { path } from "../../api.js";
import { h } from "../../dom.js";
import { ago, moment } from "../../format.js";
import { texts } from "../../i18n.js";
import { badge } from "../../parts/badge.js";
import { card } from "../../parts/card.js";
import { confirmed, openDialog } from "../../parts/dialog.js";
import { field, form } from "../../parts/form.js";
import { pager } from "../../parts/pager.js";
import { region } from "../../parts/region.js";
import { showSecret } from "../../parts/secret.js";
import { empty } from "../../parts/states.js";
import { table } from "../../parts/table.js";
import { toast } from "../../parts/toast.js";
import { may } from "../../session.js";
import * as words from "../../texts/settings.js";
import { stateOf } from "../agents/tokens.js";

const ROLES = ["viewer", "developer", "billing", "admin"];
const SCOPES = ["read", "write", "admin"];
const PAGE_SIZE = 100;
const t = texts(words);

export function keys({ api, query, signal, setQuery, caller }) {
  const list = region({
    load: () => api.get("/api/v1/auth/keys", { query: { limit: PAGE_SIZE, cursor: query.cursor } }),
    draw: (page) => [
      keyTable(page.keys, { rotate, revoke }),
      (page.next_cursor || query.cursor) && pager({ cursor: query.cursor, next: page.next_cursor, total: page.total, choose: (cursor) => setQuery({ cursor }) }),
    ],
    signal,
  });

  async function shown(made) {
    if (!made) return;
    await showSecret(t("key_made", { name: made.details.name }), made.key, { signal });
    list.reload();
  }

  async function make() {
    await shown(await openDialog(t("new_key"), (close) => keyForm({ api, signal, close, isFirst: caller.method === "open" }), { signal }));
  }

  async function rotate(key) {
    const hours = field({ name: "overlap_seconds", label: t("overlap"), type: "number", value: 24, min: "0", max: "720", step: "any", required: true, hint: t("overlap_hint") });
    await shown(await openDialog(t("rotate_name", { name: key.name }), (close) => form({
      fields: [hours],
      action: t("rotate"),
      send: async () => close(await api.post(path`/api/v1/auth/keys/${key.key_id}/rotate`, { overlap_seconds: Math.round(hours.value() * 3600) })),
      signal,
    }).node, { signal }));
  }

  async function revoke(key) {
    const act = () => api.delete(path`/api/v1/auth/keys/${key.key_id}`);
    if (!await confirmed(t("revoke"), { text: t("revoke_text", { name: key.name }), action: t("revoke"), act, dangerous: true, signal })) return;
    toast(t("revoked", { name: key.name }));
    list.reload();
  }

  const button = may("keys:write") && h("button", { type: "button", class: "primary", onclick: make }, t("new_key"));
  return card(t("keys"), { beside: button }, h("p", {}, t("keys_about")), list.node);
}

function keyForm({ api, signal, close, isFirst }) {
  const fields = [
    field({ name: "name", label: t("name"), hint: t("name_hint"), required: true, maxlength: 128 }),
    field({ name: "role", label: t("role"), type: "select", value: isFirst ? "admin" : "viewer", hint: isFirst ? t("first_key") : "", options: ROLES.map((role) => [role, t(`role_${role}`)]) }),
    field({ name: "projects", label: t("projects"), hint: t("projects_hint"), placeholder: "default, search" }),
    field({ name: "permissions", label: t("permissions"), hint: t("permissions_hint"), placeholder: "agents:drain" }),
    field({ name: "scopes", label: t("scopes"), type: "select", options: [["", t("scope_all")], ...SCOPES.map((one) => [one, one])] }),
    field({ name: "expires_at", label: t("ends"), type: "datetime-local", hint: t("ends_hint") }),
  ];
  const send = async (values) => close(await api.post("/api/v1/auth/keys", {
    name: values.name,
    role: values.role,
    projects: list(values.projects),
    permissions: list(values.permissions),
    scopes: list(values.scopes),
    ...(values.expires_at ? { expires_at: new Date(values.expires_at).toISOString() } : {}),
  }));
  return form({ fields, action: t("new_key"), send, signal }).node;
}

function list(text) {
  return text.split(/[\s,]+/).filter(Boolean);
}

function keyTable(all, { rotate, revoke }) {
  const buttons = (key) => stateOf(key) === "active" && h(
    "div", { class: "actions" },
    h("button", { type: "button", onclick: () => rotate(key) }, t("rotate")),
    h("button", { type: "button", class: "dangerous", onclick: () => revoke(key) }, t("revoke")),
  );
  const columns = [
    { key: "name", label: t("name"), cell: (key) => [key.name, " ", h("code", { class: "small" }, `${key.prefix}…`)], sort: ({ name }) => name },
    { key: "state", label: t("state"), cell: (key) => badge(t(`state_${stateOf(key)}`), stateOf(key)), sort: stateOf },
    { key: "role", label: t("role"), cell: (key) => [key.role, key.scopes.length > 0 && ` (${key.scopes.join(", ")})`], sort: ({ role }) => role },
    { key: "projects", label: t("projects"), cell: (key) => (key.role === "admin" ? t("every_project") : key.projects.join(", ")) },
    { key: "permissions", label: t("further"), cell: (key) => key.permissions.join(", ") },
    { key: "created", label: t("made"), cell: (key) => moment(key.created_at), sort: (key) => key.created_at },
    { key: "expires", label: t("ends"), cell: (key) => (key.expires_at ? moment(key.expires_at) : t("never")), sort: (key) => key.expires_at },
    { key: "used", label: t("used"), cell: (key) => (key.last_used_at ? ago(key.last_used_at) : t("never")), sort: (key) => key.last_used_at },
    ...(may("keys:write") ? [{ key: "actions", label: "", cell: buttons }] : []),
  ];
  return table(columns, all, { caption: t("keys"), empty: empty(t("no_keys"), t("no_keys_advice")) });
}
