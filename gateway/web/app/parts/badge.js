// A word on a coloured ground. The word alone says what is meant; the colour only repeats it.

import { h } from "../dom.js";

const TONES = {
  completed: "good", ready: "good", clean: "good", healthy: "good", ok: "good", active: "good", good: "good",
  running: "info", scheduled: "info", busy: "info", processing: "info", info: "info",
  pending: "plain", plain: "plain", cancelled: "plain", revoked: "plain", expired: "plain",
  cancelling: "warn", draining: "warn", degraded: "warn", warn: "warn",
  failed: "bad", lost: "bad", client_limited: "bad", error: "bad", bad: "bad",
};

/** A badge; the tone follows from the word of a state unless it is given. */
export function badge(text, state = text) {
  return h("span", { class: `badge ${TONES[String(state).toLowerCase()] ?? "plain"}` }, text);
}
