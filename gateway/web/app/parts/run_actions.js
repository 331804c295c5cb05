// What is done to a run wherever it is shown: what people say about it, and to delete it.

import { path } from "../api.js";
import { texts } from "../i18n.js";
import * as words from "../texts/runs.js";
import { confirmed, openDialog } from "./dialog.js";
import { field, form } from "./form.js";
import { pairsOf } from "./pairs.js";
import { shortId } from "./run.js";
import { toast } from "./toast.js";

const MOST_NOTES = 10_000;
const t = texts(words);

/** Asks for labels, notes and the mark of a baseline, and stores them. Gives whether something was stored. */
export async function describeRun(run, { api, signal }) {
  const lines = Object.entries(run.labels).map(([key, value]) => `${key}=${value}`).join("\n");
  const done = await openDialog(t("describe"), (close) => {
    const labels = field({ name: "labels", label: t("labels"), type: "textarea", rows: 4, value: lines, hint: t("labels_hint") });
    const notes = field({ name: "notes", label: t("notes"), type: "textarea", rows: 4, value: run.notes, maxlength: MOST_NOTES });
    const baseline = field({ name: "baseline", label: t("is_baseline"), type: "checkbox", value: run.baseline });
    const send = async (values) => {
      const { pairs: given, malformed, repeated } = pairsOf(values.labels.split("\n"));
      const wrong = malformed ? t("labels_wrong", { line: malformed }) : repeated && t("labels_twice", { name: repeated });
      if (wrong) {
        labels.setError(wrong);
        labels.input.focus();
        return;
      }
      const removed = Object.keys(run.labels).filter((key) => !Object.hasOwn(given, key));
      await api.patch(path`/api/v1/benchmark/run/${run.run_id}`, { ...values, labels: given, remove_labels: removed });
      close(true);
    };
    return form({ fields: [labels, notes, baseline], action: t("describe_action"), send, signal }).node;
  }, { signal });
  if (done) toast(t("described"));
  return Boolean(done);
}

/** Asks whether a run is to be deleted, and does it. Gives whether it was. */
export async function deleteRun(run, { api, signal }) {
  const done = await confirmed(t("delete_title"), {
    text: t("delete_text", { run: shortId(run.run_id) }),
    action: t("delete"),
    act: () => api.delete(path`/api/v1/benchmark/run/${run.run_id}`),
    dangerous: true,
    signal,
  });
  if (done) toast(t("deleted", { run: shortId(run.run_id) }));
  return done;
}
