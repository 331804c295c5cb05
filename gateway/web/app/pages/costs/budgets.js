// Budgets: what a project wants to spend at most, how much of it is gone, and when it was too much.

import { path } from "../../api.js";
import { h } from "../../dom.js";
import { count, dollars, moment, perCent } from "../../format.js";
import { texts } from "../../i18n.js";
import { badge } from "../../parts/badge.js";
import { card } from "../../parts/card.js";
import { confirmed, openDialog } from "../../parts/dialog.js";
import { field, form } from "../../parts/form.js";
import { region } from "../../parts/region.js";
import { cutNote, empty } from "../../parts/states.js";
import { table } from "../../parts/table.js";
import { toast } from "../../parts/toast.js";
import { may } from "../../session.js";
import * as words from "../../texts/costs.js";

const PERIODS = ["daily", "weekly", "monthly", "quarterly", "yearly"];
const KINDS = ["percentage", "absolute"];
const t = texts(words);

export function budgets({ api, signal }) {
  const list = region({
    load: () => api.get("/api/v1/costs/budgets", { query: { limit: 1_000 } }),
    draw: ({ data, pagination }) => [cutNote(data, pagination.has_more), budgetTable(data, { change, remove, past })],
    signal,
  });

  async function change(budget = null) {
    const name = await openDialog(t(budget ? "change_budget" : "new_budget"), (close) => budgetForm(budget, { api, signal, close }), { signal });
    if (!name) return;
    toast(t("budget_saved", { name }));
    list.reload();
  }

  async function remove({ id, name }) {
    const act = () => api.delete(path`/api/v1/costs/budgets/${id}`);
    if (!await confirmed(t("delete"), { text: t("delete_text", { name }), action: t("delete"), act, dangerous: true, signal })) return;
    toast(t("budget_deleted", { name }));
    list.reload();
  }

  function past(budget) {
    const history = () => region({
      load: () => api.get(`${path`/api/v1/costs/budgets/${budget.id}`}/history`),
      draw: ({ data }) => [periodTable(data.periods, budget), alerts(data.alerts)],
      signal,
    });
    openDialog(budget.name, () => history().node, { signal, wide: true });
  }

  const button = may("costs:write") && h("button", { type: "button", onclick: () => change() }, t("new_budget"));
  return card(t("budgets"), { beside: button }, list.node);
}

function budgetForm(budget, { api, signal, close }) {
  const amount = { type: "number", min: "0", step: "any" };
  const isNew = budget === null;
  const fields = [
    field({ name: "name", label: t("name"), value: budget?.name, required: true, maxlength: 128 }),
    ...(isNew ? [field({ name: "project_id", label: t("by_team"), value: "default", maxlength: 128 })] : []),
    field({ name: "amount", label: t("amount"), value: budget?.amount, required: true, ...amount }),
    field({ name: "period", label: t("each_period"), type: "select", value: budget?.period ?? "monthly", options: PERIODS.map((one) => [one, t(`period_${one}`)]) }),
    field({ name: "threshold_type", label: t("thresholds_in"), type: "select", value: budget?.threshold_type, options: KINDS.map((one) => [one, t(`kind_${one}`)]) }),
    field({ name: "warning_threshold", label: t("warning"), value: budget?.warning_threshold, hint: isNew ? t("warning_hint") : "", ...amount }),
    field({ name: "critical_threshold", label: t("critical"), value: budget?.critical_threshold, hint: isNew ? t("critical_hint") : "", ...amount }),
    field({ name: "is_active", label: t("is_active"), type: "checkbox", value: budget?.is_active ?? true }),
  ];
  const send = async (values) => {
    const given = Object.fromEntries(Object.entries(values).filter(([, value]) => value !== null));
    if (isNew) await api.post("/api/v1/costs/budgets", given);
    else await api.patch(path`/api/v1/costs/budgets/${budget.id}`, given);
    close(values.name);
  };
  return form({ fields, action: t("save"), send, signal }).node;
}

function budgetTable(all, { change, remove, past }) {
  const buttons = (one) => h(
    "div", { class: "actions" },
    h("button", { type: "button", onclick: () => past(one) }, t("history")),
    may("costs:write") && [
      h("button", { type: "button", onclick: () => change(one) }, t("change")),
      h("button", { type: "button", class: "dangerous", onclick: () => remove(one) }, t("delete")),
    ],
  );
  const threshold = (one, value) => (one.threshold_type === "percentage" ? perCent(value) : dollars(value));
  const columns = [
    { key: "name", label: t("name"), sort: ({ name }) => name },
    { key: "project", label: t("by_team"), cell: (one) => one.project_id, sort: (one) => one.project_id },
    { key: "amount", label: t("amount"), cell: (one) => dollars(one.amount), sort: (one) => one.amount, numeric: true },
    { key: "period", label: t("each_period"), cell: (one) => t(`period_${one.period}`), sort: (one) => one.period },
    { key: "warning", label: t("warning"), cell: (one) => threshold(one, one.warning_threshold), numeric: true },
    { key: "critical", label: t("critical"), cell: (one) => threshold(one, one.critical_threshold), numeric: true },
    { key: "active", label: t("alerts"), cell: (one) => badge(t(one.is_active ? "on" : "off"), one.is_active ? "active" : "plain") },
    { key: "actions", label: "", cell: buttons },
  ];
  return table(columns, all, { caption: t("budgets"), empty: empty(t("no_budgets"), t("no_budgets_advice")) });
}

function periodTable(periods, { threshold_type: kind, warning_threshold: warning, critical_threshold: critical }) {
  const tone = ({ cost, percentage_used: used }) => {
    const reached = kind === "percentage" ? used : cost;
    return reached >= critical ? "bad" : reached >= warning ? "warn" : "good";
  };
  const columns = [
    { key: "start", label: t("begins"), cell: (one) => moment(one.start_time) },
    { key: "cost", label: t("cost"), cell: (one) => dollars(one.cost), numeric: true },
    { key: "used", label: t("used"), cell: (one) => badge(perCent(one.percentage_used), tone(one)), numeric: true },
    { key: "requests", label: t("requests"), cell: (one) => count(one.requests), numeric: true },
  ];
  return table(columns, periods, { caption: t("history") });
}

function alerts(all) {
  if (!all.length) return empty(t("no_alerts"));
  return h("ul", {}, all.map((one) => h("li", {}, badge(one.severity, one.severity === "critical" ? "bad" : "warn"), " ", moment(one.triggered_at), ": ", one.message)));
}
