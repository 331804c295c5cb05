// A message that comes and goes: that something was done. What has failed stays on the page instead, see states.js.

import { h } from "../dom.js";

const SHOWN_MILLISECONDS = 6_000;
const place = h("div", { class: "toasts", role: "status", "aria-live": "polite" });
document.body.append(place); // before the first message: screen readers read what is added to it

export function toast(text, tone = "good") {
  const message = h("p", { class: `toast ${tone}` }, text);
  place.append(message);
  setTimeout(() => message.remove(), SHOWN_MILLISECONDS);
}
