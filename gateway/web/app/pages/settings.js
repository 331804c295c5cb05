// Keys, projects, limits and the audit log: each for whoever is permitted to.

import { replace } from "../dom.js";
import { texts } from "../i18n.js";
import { tabs } from "../parts/tabs.js";
import { may } from "../session.js";
import * as words from "../texts/settings.js";
import { audit } from "./settings/audit.js";
import { caller } from "./settings/caller.js";
import { keys } from "./settings/keys.js";
import { projects } from "./settings/projects.js";

const t = texts(words);

export async function show(context) {
  const { root, query, setQuery } = context;
  const all = [
    { key: "me", label: t("me"), draw: () => caller(context) },
    { key: "keys", label: t("keys"), permission: "keys:read", draw: () => keys(context) },
    { key: "projects", label: t("projects"), permission: "projects:read", draw: () => projects(context) },
    { key: "audit", label: t("audit"), permission: "audit:read", draw: () => audit(context) },
  ].filter(({ permission }) => may(permission));
  // Filters and the place in a list belong to one tab.
  const choose = (tab) => setQuery({ ...Object.fromEntries(Object.keys(query).map((name) => [name, null])), tab }, { replace: true });
  replace(root, tabs(t("settings"), all, { selected: query.tab, choose, remote: true }).node);
}
