// Fields with a name, a hint and an error beside them, and forms that put what the gateway has refused at its field.

import { h, identifier, replace } from "../dom.js";
import { ApiError } from "../api.js";
import { adviceFor, messageOf } from "./states.js";
import { info } from "./term.js";

/**
 * A field: {name, label, type, value, options, hint, term, required, min, max, step, placeholder, autocomplete, rows,
 * oninput}. `type` is any of <input>, or "select" (options: [[value, text], ...]), "textarea", "checkbox".
 * Returns {name, node, input, value(), setError(text)}; the value of a number is a number or null, of a checkbox a
 * boolean, of all else a text.
 */
export function field(about) {
  const { name, label, type = "text", hint = "", term = "" } = about;
  const id = identifier(`field-${name}`);
  const error = h("p", { class: "problem", id: `${id}-error` });
  const below = hint && h("p", { class: "hint-text", id: `${id}-hint` }, hint);
  const input = control(about, { id, "aria-describedby": `${hint ? `${id}-hint ` : ""}${id}-error` });
  const name_ = h("label", { for: id }, label);
  const head = h("div", { class: "field-head" }, name_, term && info(term));
  const content = type === "checkbox" ? [h("div", { class: "check" }, input, head), below] : [head, input, below];
  return {
    name,
    input,
    node: h("div", { class: "field" }, content, error),
    value: () => valueOf(input, type),
    setError(text) {
      replace(error, text);
      if (text) input.setAttribute("aria-invalid", "true");
      else input.removeAttribute("aria-invalid");
    },
  };
}

function control({ name, type = "text", value = "", options = [], hint, label, term, ...rest }, fixed) {
  const properties = { name, ...rest, ...fixed };
  if (type === "select") {
    const entries = options.map(([key, text]) => h("option", { value: key, selected: String(key) === String(value) }, text));
    return h("select", properties, entries);
  }
  if (type === "textarea") return h("textarea", { ...properties, value });
  if (type === "checkbox") return h("input", { ...properties, type, checked: Boolean(value) });
  return h("input", { ...properties, type, value: value ?? "" });
}

function valueOf(input, type) {
  if (type === "checkbox") return input.checked;
  if (type === "number") return input.value === "" ? null : Number(input.value);
  return input.value;
}

/**
 * A form of fields. `send(values)` is awaited; an ApiError that names a field is shown there, any other above the
 * buttons. `body` lays the fields out, one below the other unless given. Returns {node, values(), setErrors(error)}.
 */
export function form({ fields, action, send, body = null, beside = null, signal }) {
  const problem = h("div", { class: "form-problem", role: "alert" });
  const button = h("button", { type: "submit", name: "send", class: "primary" }, action);
  const values = () => Object.fromEntries(fields.map((one) => [one.name, one.value()]));

  function setErrors(error) {
    for (const one of fields) one.setError("");
    replace(problem);
    if (!error) return;
    const at = error instanceof ApiError ? fields.find((one) => isAbout(error.field, one.name)) : null;
    if (at) {
      at.setError(messageOf(error));
      at.input.focus();
    } else replace(problem, h("p", { class: "problem" }, messageOf(error)), h("p", { class: "small" }, adviceFor(error)));
  }

  async function submit(event) {
    event.preventDefault();
    setErrors(null);
    button.disabled = true;
    try {
      await send(values());
    } catch (error) {
      if (!signal?.aborted) setErrors(error);
    } finally {
      button.disabled = false;
    }
  }

  const content = body ?? fields.map((one) => one.node);
  return { node: h("form", { onsubmit: submit }, content, problem, h("p", { class: "actions" }, button, beside)), values, setErrors };
}

/** Whether the path of a field, such as slo.ttft_ms or concurrency[0], is that of a name. */
function isAbout(path, name) {
  return path === name || path.startsWith(`${name}.`) || path.startsWith(`${name}[`);
}
