// The field of a dataset, with a file to upload beside the SHA-256 that names it for runs.

import { ApiError, failureOf, withQuery } from "../../api.js";
import { h, identifier, replace } from "../../dom.js";
import { bytes, count } from "../../format.js";
import { texts } from "../../i18n.js";
import { messageOf } from "../../parts/states.js";
import { credentialHeaders } from "../../session.js";
import * as words from "../../texts/new.js";

const MOST_BYTES = 256 * 1024 * 1024; // as the controller has it: what is refused need not travel first
const t = texts(words);
const names = new Map();

/** The name of the file that was uploaded from here under a SHA-256; undefined for others. */
export function nameOf(sha256) {
  return names.get(sha256);
}

/** Puts a chooser into a field; it fills the field in once the file is stored. */
export function offerUpload(field, signal) {
  const id = identifier("dataset-file");
  const chooser = h("input", { type: "file", id, accept: ".jsonl,.ndjson,.json", onchange: () => send(chooser.files[0]) });
  const sent = h("p", { class: "small" }); // apart from what is read out, for it changes all the time
  const told = h("p", { class: "small", role: "status" });
  let current = null;

  function fill(sha256) {
    field.input.value = sha256;
    field.input.dispatchEvent(new Event("input", { bubbles: true }));
  }

  function refuse(text) {
    field.setError(text);
    chooser.value = ""; // the same file again, corrected, is another choice then
  }

  async function send(file) {
    current?.abort();
    field.setError("");
    replace(told);
    if (!file) return;
    if (file.size > MOST_BYTES) {
      refuse(t("file_too_large", { most: bytes(MOST_BYTES) }));
      return;
    }
    const mine = new AbortController();
    current = mine;
    fill("");
    const progress = (gone) => replace(sent, t("uploading", { sent: bytes(gone), total: bytes(file.size) }));
    try {
      const stored = await upload(file, { signal: AbortSignal.any([signal, mine.signal]), progress });
      names.set(stored.sha256, file.name);
      replace(told, t("uploaded", { name: file.name, rows: count(stored.row_count), size: bytes(stored.size_bytes) }));
      fill(stored.sha256);
    } catch (error) {
      if (!signal.aborted && !mine.signal.aborted) refuse(messageOf(error));
    } finally {
      if (current === mine) replace(sent);
    }
  }

  field.node.prepend(h("div", { class: "field-head" }, h("label", { for: id }, t("dataset_file"))), chooser, sent, told);
}

/** Stores a file and returns what the gateway says of it. By XMLHttpRequest: fetch does not tell how much has gone. */
function upload(file, { signal, progress }) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    const answered = () => {
      const headers = { get: (name) => request.getResponseHeader(name) };
      if (request.status === 200) resolve(request.response);
      else reject(failureOf({ status: request.status, headers }, request.response));
    };
    const unreachable = () => reject(new ApiError({ reason: "UNREACHABLE", message: "" }));
    request.open("POST", withQuery("/api/v1/assets", { kind: "dataset", filename: file.name }));
    request.responseType = "json";
    const sent = { Accept: "application/json", "Content-Type": "application/octet-stream", ...credentialHeaders() };
    for (const [name, value] of Object.entries(sent)) request.setRequestHeader(name, value);
    request.upload.addEventListener("progress", ({ loaded }) => progress(loaded));
    request.addEventListener("load", answered);
    request.addEventListener("error", unreachable);
    request.addEventListener("abort", () => reject(signal.reason));
    signal.addEventListener("abort", () => request.abort(), { once: true });
    request.send(file);
  });
}
