// What happens, as it happens: a WebSocket that comes back by itself. A ticket of the gateway opens it, since
// browsers send no headers with WebSockets; a key never is in an address.

import { request, ApiError } from "./api.js";
import { isSignedIn } from "./session.js";

const FIRST_WAIT_MILLISECONDS = 500;
const LONGEST_WAIT_MILLISECONDS = 15_000;
const SILENCE_MILLISECONDS = 90_000; // the gateway says something each 60 s
const ENDED = 1000;
const BROKEN_OFF = 1006;
// An error that stays one, by 4000 + status: what is asked for is wrong, not permitted, or not there.
const FINAL = new Set([4400, 4403, 4404, 4409]);
const UNAUTHENTICATED = 4401;

/**
 * Watches a run. Handlers, all optional: `message(message)` for each that docs/live.md names, the first being how the
 * run stands, also after each interruption; `lagged(missed)`; `state(state, {seconds})`: "connecting", "live",
 * "waiting" (and for how long), "ended"; `error(error)`: an ApiError after which nothing comes any more.
 * Progress that comes faster than the screen is drawn is told once a frame, the latest.
 */
export function watchRun(runId, handlers, signal) {
  const latest = oncePerFrame((message) => handlers.message?.(message), signal);
  const told = (message) => {
    if (message.type === "progress" && !message.request_log) latest.put(message);
    else {
      latest.flush();
      handlers.message?.(message);
    }
  };
  return watch(`/api/v1/benchmark/ws/run/${encodeURIComponent(runId)}`, { ...handlers, message: told }, signal);
}

/**
 * Watches events, `subscription` being {events, filters} as docs/live.md has it. Handlers as above, `message` gets
 * {event_type, data, sequence, timestamp}. After an interruption what was missed is told first.
 */
export function watchEvents(subscription, handlers, signal) {
  let last = null;
  return watch("/api/v1/ws", {
    ...handlers,
    opened(socket) {
      const after = last === null ? {} : { after_sequence: last };
      socket.send(JSON.stringify({ type: "subscribe", ...subscription, ...after }));
    },
    message(message) {
      if (message.type === "subscribed") last ??= message.sequence;
      if (message.type !== "event") return;
      last = message.sequence;
      handlers.message?.(message);
    },
  }, signal);
}

function watch(address, handlers, signal) {
  let wait = FIRST_WAIT_MILLISECONDS;
  let socket = null;
  let silence = null;
  let retry = null;
  let refused = null;

  function state(name, more = {}) {
    if (!signal.aborted) handlers.state?.(name, more);
  }

  function heard() {
    clearTimeout(silence);
    silence = setTimeout(giveUp, SILENCE_MILLISECONDS);
  }

  /** Ends a connection at this side: where the other one is gone, nobody answers a close for a minute. */
  function giveUp() {
    const dead = socket;
    dead.onopen = dead.onmessage = dead.onclose = null;
    dead.close();
    closed(BROKEN_OFF);
  }

  async function open() {
    clearTimeout(retry);
    retry = null;
    state("connecting");
    try {
      const protocols = ["loadcell"];
      if (isSignedIn()) {
        const ticket = await request("POST", "/api/v1/auth/ticket", { body: {}, signal, tries: 1 });
        protocols.push(`ticket.${ticket.ticket}`);
      }
      if (signal.aborted) return;
      socket = new WebSocket(`${location.origin.replace(/^http/, "ws")}${address}`, protocols);
    } catch (error) {
      if (signal.aborted) return;
      if (error instanceof ApiError && [400, 401, 403].includes(error.status)) fail(error);
      else again();
      return;
    }
    refused = null;
    heard(); // or never opened
    socket.onopen = () => {
      heard();
      state("live");
      handlers.opened?.(socket);
    };
    socket.onmessage = ({ data }) => receive(data);
    socket.onclose = ({ code }) => closed(code);
  }

  function receive(data) {
    heard();
    wait = FIRST_WAIT_MILLISECONDS;
    if (data === "ping" || data === "pong") return;
    const message = JSON.parse(data);
    if (message.type === "lagged") handlers.lagged?.(message.missed);
    else if (message.type === "error") refused = message;
    else handlers.message?.(message);
  }

  function closed(code) {
    clearTimeout(silence);
    socket = null;
    if (signal.aborted) return;
    if (code === ENDED) state("ended");
    else if (FINAL.has(code)) {
      fail(new ApiError({ status: code - 4000, reason: refused?.code ?? "", message: refused?.message ?? "" }));
    } else if (code === UNAUTHENTICATED && !isSignedIn()) {
      fail(new ApiError({ status: 401, reason: "MISSING_AUTHORIZATION", message: refused?.message ?? "" }));
    } else again(); // with a credential: the next ticket is refused if it has ended
  }

  function again() {
    const duration = wait * (0.75 + Math.random() / 2); // so that not all come back at once
    wait = Math.min(wait * 2, LONGEST_WAIT_MILLISECONDS);
    state("waiting", { seconds: duration / 1000 });
    retry = setTimeout(open, duration);
  }

  function fail(error) {
    state("ended");
    handlers.error?.(error);
  }

  function atOnce() {
    if (retry !== null && document.visibilityState === "visible") open();
  }

  addEventListener("online", atOnce, { signal });
  document.addEventListener("visibilitychange", atOnce, { signal });
  signal.addEventListener("abort", () => {
    clearTimeout(retry);
    clearTimeout(silence);
    leave(socket);
  }, { once: true });
  open();
}

/** Closes a connection, one that is being opened when it is open: before that the browser takes it for a failure. */
function leave(socket) {
  if (socket?.readyState === WebSocket.CONNECTING) socket.onopen = () => socket.close(ENDED);
  else socket?.close(ENDED);
}

/** Hands the latest of what is put to a function once a frame. */
export function oncePerFrame(callback, signal) {
  let waiting = null;
  let scheduled = 0;
  const flush = () => {
    cancelAnimationFrame(scheduled);
    scheduled = 0;
    const value = waiting;
    waiting = null;
    if (value !== null && !signal?.aborted) callback(value);
  };
  return {
    flush,
    put(value) {
      waiting = value;
      if (!scheduled) scheduled = requestAnimationFrame(flush);
    },
  };
}
