// What people think of a request, and a form to say so.

import { path } from "../../api.js";
import { h } from "../../dom.js";
import { moment, number } from "../../format.js";
import { texts } from "../../i18n.js";
import { card } from "../../parts/card.js";
import { openDialog } from "../../parts/dialog.js";
import { field, form } from "../../parts/form.js";
import { empty } from "../../parts/states.js";
import { table } from "../../parts/table.js";
import { toast } from "../../parts/toast.js";
import { may } from "../../session.js";
import * as words from "../../texts/traces.js";

const t = texts(words);

export function feedback(trace, { api, signal, reload }) {
  const columns = [
    { key: "created_at", label: t("written"), cell: (one) => moment(one.created_at) },
    { key: "score", label: t("score"), cell: (one) => number(one.score), numeric: true },
    { key: "label", label: t("label") },
    { key: "comment", label: t("comment") },
    { key: "user_id", label: t("by") },
  ];

  async function write() {
    const isDone = await openDialog(t("judge"), (close) => form({
      fields: [
        field({ name: "score", label: t("score"), hint: t("score_hint"), type: "number", min: 0, max: 1, step: 0.1, value: null }),
        field({ name: "label", label: t("label"), maxlength: 64 }),
        field({ name: "comment", label: t("comment"), type: "textarea", rows: 4, maxlength: 4096 }),
      ],
      action: t("judge"),
      send: async (values) => {
        const given = Object.fromEntries(Object.entries(values).filter(([, value]) => value !== null && value !== ""));
        await api.post(path`/api/v1/traces/${trace.trace_id}/feedback`, given);
        close(true);
      },
      signal,
    }).node, { signal });
    if (!isDone) return;
    toast(t("judged"));
    reload();
  }

  const button = may("feedback:write") && h("button", { type: "button", onclick: write }, t("judge"));
  return card(t("feedback"), { beside: button }, table(columns, trace.feedback ?? [], { caption: t("feedback"), empty: empty(t("no_feedback")) }));
}
