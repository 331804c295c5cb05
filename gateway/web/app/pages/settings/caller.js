// Who is signed in, what that permits, and how often they may call.

import { knownLimits } from "../../api.js";
import { h } from "../../dom.js";
import { count, moment } from "../../format.js";
import { texts } from "../../i18n.js";
import { card, figure, figures } from "../../parts/card.js";
import { region } from "../../parts/region.js";
import * as words from "../../texts/settings.js";

const t = texts(words);

export function caller({ api, caller: present, signal }) {
  const facts = [
    [t("name"), present.name || t("nobody")],
    [t("let_in"), t(`method_${present.method}`)],
    [t("role"), present.role],
    [t("projects"), present.all_projects ? t("every_project") : present.projects.join(", ")],
    [t("permissions"), h("span", { class: "labels" }, present.permissions.map((one) => h("span", { class: "badge" }, one)))],
  ];
  const limits = region({ load: () => api.get("/api/v1/auth/me").then(knownLimits), draw: limitsOf, signal });
  return [
    card(t("me"), {}, h("dl", { class: "facts" }, facts.map(([name, value]) => [h("dt", {}, name), h("dd", {}, value)]))),
    card(t("limits"), {}, limits.node),
  ];
}

function limitsOf(limits) {
  if (limits === null) return h("p", {}, t("unlimited"));
  return figures(
    figure(t("per_minute"), count(limits.limit)),
    figure(t("left"), count(limits.remaining), { tone: limits.remaining < limits.limit / 10 ? "warn" : "" }),
    figure(t("full_at"), moment(limits.full)),
  );
}
