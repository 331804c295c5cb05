// Calls of the gateway: with the credential of the session, a time limit, another try where that is safe, and errors
// as the documented envelope says them. Whoever leaves a page aborts what it has asked for.

import { credentialHeaders } from "./session.js";

const TIME_LIMIT_MILLISECONDS = 20_000;
const TRIES = 3; // of what only reads
const LONGEST_WAIT_MILLISECONDS = 4_000;
const WORTH_ANOTHER_TRY = new Set([429, 502, 503, 504]);

/** What went wrong, in the words of the gateway where it has said any. */
export class ApiError extends Error {
  constructor({ status = 0, reason, message, field = "", requestId = "", retryAfter = null, body = null }) {
    super(message);
    this.name = "ApiError";
    Object.assign(this, { status, reason, field, requestId, retryAfter, body });
  }
}

const listeners = new Set();

/** Calls back when a call is refused because nobody, or nobody any more, is signed in. */
export function onUnauthenticated(callback) {
  listeners.add(callback);
}

let limits = null;

/** How the caller stood at the last answer that told: {limit, remaining} of calls a minute, and when it is `full`. */
export function knownLimits() {
  return limits;
}

function noteLimits(headers) {
  const told = (name) => Number(headers.get(`X-RateLimit-${name}`));
  if (!headers.has("X-RateLimit-Limit")) return;
  limits = { limit: told("Limit"), remaining: told("Remaining"), full: new Date(told("Reset") * 1000) };
}

/** The calls of one page; all end when the signal is aborted. */
export function makeApi(signal) {
  const call = (method) => (path, options = {}) => request(method, path, { signal, ...options });
  return {
    get: call("GET"),
    post: (path, body = {}, options = {}) => request("POST", path, { signal, ...options, body }),
    put: (path, body = {}, options = {}) => request("PUT", path, { signal, ...options, body }),
    patch: (path, body = {}, options = {}) => request("PATCH", path, { signal, ...options, body }),
    delete: call("DELETE"),
    download: (path, options = {}) => download(path, { signal, ...options }),
    events: (path, options = {}) => events(path, { signal, ...options }),
  };
}

/** A path with its parts encoded: path`/api/v1/agents/${id}/drain`. */
export function path(literals, ...values) {
  return literals.reduce((done, literal, index) => done + encodeURIComponent(values[index - 1]) + literal);
}

/**
 * One call. Options: `query` (empty values are left out, lists are repeated), `body`, `signal`, `timeout` in
 * milliseconds, `tries`, `quiet` to stay on the page at 401, `credential` in the place of the session's.
 * Returns what the JSON says, with an envelope as it is; null for an empty body.
 */
export async function request(method, address, options = {}) {
  return send(method, address, options, async (response, arrived) => {
    const body = parsed(response, await arrived(response.text()));
    // The result of a run that goes on: an error of the catalog with a status of success.
    if (response.status === 202 && body?.error?.error_code) throw failureOf(response, body);
    return body;
  });
}

/** Sends a call; `take(response, arrived)` reads the answer, with `arrived` around each promise of a part of it. */
async function send(method, address, options, take) {
  const tries = options.tries ?? (method === "GET" ? TRIES : 1);
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await sendOnce(method, address, options, take);
    } catch (error) {
      const again = attempt < tries && (error.reason === "UNREACHABLE" || WORTH_ANOTHER_TRY.has(error.status));
      if (!again) throw error;
      const wait = Math.max((error.retryAfter ?? 0) * 1000, 250 * 2 ** attempt);
      if (wait > LONGEST_WAIT_MILLISECONDS) throw error;
      await pause(wait, options.signal);
    }
  }
}

async function sendOnce(method, address, { query, body, signal, timeout = TIME_LIMIT_MILLISECONDS, type = "application/json", quiet, credential }, take) {
  const limit = AbortSignal.timeout(timeout);
  const { Authorization: sent } = credentialHeaders(credential);
  const headers = { Accept: type, ...credentialHeaders(credential) };
  if (body !== undefined) headers["Content-Type"] = "application/json";
  const arrived = (part) => part.catch((error) => {
    throw signal?.aborted ? error : new ApiError({ reason: limit.aborted ? "TIMEOUT" : "UNREACHABLE", message: "" });
  });
  const response = await arrived(fetch(withQuery(address, query), {
    method,
    headers,
    body: body === undefined ? undefined : JSON.stringify(body),
    signal: signal ? AbortSignal.any([signal, limit]) : limit,
    cache: "no-cache", // what was just written is to be seen; what is still the same comes as a 304
    credentials: "omit",
    redirect: "error",
  }));
  noteLimits(response.headers);
  if (response.ok) return take(response, arrived);
  const failure = await errorOf(response);
  // Unless somebody has signed in anew meanwhile.
  if (response.status === 401 && !quiet && credentialHeaders().Authorization === sent) for (const callback of listeners) callback();
  throw failure;
}

function parsed(response, text) {
  if (text === "") return null;
  try {
    return JSON.parse(text);
  } catch {
    throw new ApiError({ status: response.status, reason: "NOT_JSON", message: "" });
  }
}

async function errorOf(response) {
  return failureOf(response, await response.json().catch(() => null));
}

/** What an answer that is no success says; `response` has its status and headers. */
export function failureOf(response, body) {
  const told = body?.error ?? {};
  const retryAfter = Number(response.headers.get("Retry-After"));
  return new ApiError({
    status: response.status,
    reason: told.error_code ?? `HTTP_${response.status}`,
    message: told.message ?? "",
    field: told.field ?? "",
    requestId: response.headers.get("X-Request-ID") ?? "",
    retryAfter: Number.isFinite(retryAfter) && retryAfter > 0 ? retryAfter : null,
    body,
  });
}

/** The data of server-sent events, each as its JSON says it, until `[DONE]`: what ends without it has broken off. */
async function* events(address, { query, signal, timeout = 10 * 60_000 }) {
  const options = { query, signal, timeout, tries: 1, type: "text/event-stream" };
  const [response, arrived] = await send("GET", address, options, (...both) => both);
  const type = response.headers.get("Content-Type") ?? "";
  if (!type.startsWith("text/event-stream")) throw await errorOf(response);
  let rest = "";
  for await (const text of chunks(response, arrived)) {
    const lines = (rest + text).split(/\r?\n/);
    rest = lines.pop();
    for (const line of lines.filter((one) => one.startsWith("data:"))) {
      const data = line.slice(5).trim();
      if (data === "[DONE]") return;
      yield JSON.parse(data);
    }
  }
  throw new ApiError({ reason: "UNREACHABLE", message: "" });
}

async function* chunks(response, arrived) {
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  try {
    for (let next = await arrived(reader.read()); !next.done; next = await arrived(reader.read())) yield next.value;
  } finally {
    reader.cancel().catch(() => {}); // of what has broken off there is nothing left to end
  }
}

/** Fetches a file with the credential of the session, and has the browser save it. */
async function download(address, { query, signal, timeout = 10 * 60_000 }) {
  const take = async (response, arrived) => ({ content: await arrived(response.blob()), name: nameOf(response) });
  const { content, name } = await send("GET", address, { query, signal, timeout, tries: 1 }, take);
  const link = document.createElement("a");
  link.href = URL.createObjectURL(content);
  link.download = name ?? "loadcell";
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

function nameOf(response) {
  return /filename="?([^";]+)"?/.exec(response.headers.get("Content-Disposition") ?? "")?.[1];
}

/** An address with parameters; empty ones are left out. */
export function withQuery(address, query = {}) {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    for (const one of Array.isArray(value) ? value : [value]) {
      if (one !== undefined && one !== null && one !== "") parameters.append(name, one);
    }
  }
  const text = parameters.toString();
  return text ? `${address}?${text}` : address;
}

function pause(duration, signal) {
  return new Promise((resolve, reject) => {
    signal?.throwIfAborted();
    const giveUp = () => { clearTimeout(timer); reject(signal.reason); };
    const timer = setTimeout(() => { signal?.removeEventListener("abort", giveUp); resolve(); }, duration);
    signal?.addEventListener("abort", giveUp, { once: true });
  });
}
