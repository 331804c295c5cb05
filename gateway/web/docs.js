// Shows /openapi.json and sends the calls it describes. Text only ever enters the page as text.
"use strict";

const BODY_VERBS = new Set(["post", "put", "patch"]);

function element(tag, properties = {}, ...children) {
  const node = Object.assign(document.createElement(tag), properties);
  node.append(...children);
  return node;
}

function shortName(reference) {
  return reference.split("/").pop();
}

function typeOf(schema) {
  if (!schema) return "";
  if (schema.$ref) {
    const name = shortName(schema.$ref);
    return element("a", { href: `#schema-${name}`, textContent: name });
  }
  if (schema.anyOf) return joined(schema.anyOf.map(typeOf), " or ");
  if ([].concat(schema.type).includes("array")) return joined(["list of ", typeOf(schema.items)], "");
  if (schema.additionalProperties) return joined(["map of ", typeOf(schema.additionalProperties)], "");
  const type = [].concat(schema.type ?? "anything").join(" or ");
  return schema.enum ? `${type}: ${schema.enum.join(", ")}` : type;
}

function joined(parts, separator) {
  const span = element("span");
  parts.forEach((part, position) => span.append(position ? separator : "", part));
  return span;
}

function table(heads, rows) {
  const cells = (tag, values) => element("tr", {}, ...values.map((value) => element(tag, {}, value)));
  return element(
    "table", {},
    element("thead", {}, cells("th", heads)),
    element("tbody", {}, ...rows.map((row) => cells("td", row))),
  );
}

function schemaTable(schema) {
  const required = new Set(schema.required ?? []);
  const rows = Object.entries(schema.properties ?? {}).map(([name, property]) => [
    element("code", { textContent: required.has(name) ? `${name} *` : name }),
    typeOf(property),
    property.description ?? "",
  ]);
  return rows.length ? table(["field", "type", "meaning"], rows) : element("p", { textContent: typeOf(schema) });
}

function jsonSchema(content) {
  return content?.["application/json"]?.schema;
}

function success(operation) {
  const status = Object.keys(operation.responses).find((one) => /^[12]/.test(one) && !isError(operation.responses[one]));
  return [status, operation.responses[status]];
}

function isError(response) {
  return Boolean(response.$ref);
}

function describe(title, schema) {
  const heading = element("h4", { textContent: `${title} ` });
  if (!schema) return heading;
  if (schema.properties) return element("div", {}, heading, schemaTable(schema));
  heading.append(typeOf(schema));
  return heading;
}

function shownBody(content) {
  const json = content?.["application/json"];
  const shown = json?.example ?? json?.schema?.examples?.[0] ?? json?.schema?.example;
  return shown === undefined ? "" : JSON.stringify(shown, null, 2);
}

function tryForm(path, verb, operation) {
  const inputs = new Map();
  const form = element("form");
  for (const parameter of operation.parameters ?? []) {
    const shown = parameter.example === undefined ? "" : [].concat(parameter.example).join(",");
    const input = element("input", { required: Boolean(parameter.required), placeholder: shown });
    inputs.set(parameter, input);
    form.append(element("p", {}, element("label", {}, `${parameter.name} `, input)));
  }
  const body = BODY_VERBS.has(verb) && operation.requestBody
    ? element("textarea", { value: shownBody(operation.requestBody.content) })
    : null;
  if (body) form.append(body);
  const answer = element("pre", { hidden: true });
  form.append(element("p", {}, element("button", { textContent: "Send" })), answer);
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    answer.hidden = false;
    answer.textContent = "…";
    try {
      answer.textContent = await send(path, verb, inputs, body);
    } catch (error) {
      answer.textContent = String(error);
    }
  });
  return form;
}

async function send(path, verb, inputs, body) {
  const query = new URLSearchParams();
  const headers = {};
  let url = path;
  for (const [parameter, input] of inputs) {
    if (input.value === "") continue;
    if (parameter.in === "path") url = url.replace(`{${parameter.name}}`, encodeURIComponent(input.value));
    else if (parameter.in === "query") query.append(parameter.name, input.value);
    else headers[parameter.name] = input.value;
  }
  const key = document.getElementById("key").value;
  if (key) headers["X-API-Key"] = key;
  if (body) headers["Content-Type"] = "application/json";
  if (query.size) url += `?${query}`;
  const response = await fetch(url, { method: verb.toUpperCase(), headers, body: body?.value });
  const text = await response.text();
  const isJson = (response.headers.get("Content-Type") ?? "").startsWith("application/json");
  const shown = isJson ? JSON.stringify(JSON.parse(text), null, 2) : text;
  return `${response.status} ${response.statusText}\nX-Request-ID: ${response.headers.get("X-Request-ID")}\n\n${shown}`;
}

function refusals(operation) {
  const refused = Object.entries(operation.responses).filter(([, response]) => isError(response));
  return refused.length
    ? table(["status", "reasons"], refused.map(([status, response]) => [status, links(response.description)]))
    : "";
}

function links(reasons) {
  return joined(reasons.split(", ").map((reason) => element("a", { href: `#${reason}`, textContent: reason })), ", ");
}

function parameterTable(parameters) {
  const rows = parameters.map((parameter) => [
    element("code", { textContent: parameter.required ? `${parameter.name} *` : parameter.name }),
    parameter.in, typeOf(parameter.schema), parameter.description ?? "",
  ]);
  return table(["parameter", "in", "type", "meaning"], rows);
}

function operationNode(path, verb, operation) {
  const parts = [
    element("summary", {},
      element("span", { className: "verb", textContent: verb.toUpperCase() }),
      element("span", { className: "path", textContent: path }), ` ${operation.summary}`),
    element("p", { textContent: operation.description ?? "" }),
  ];
  if (operation.parameters?.length) parts.push(parameterTable(operation.parameters));
  if (operation.requestBody) parts.push(describe("Body", jsonSchema(operation.requestBody.content)));
  const [status, answer] = success(operation);
  parts.push(describe(`Answer ${status}`, jsonSchema(answer?.content)), refusals(operation));
  parts.push(tryForm(path, verb, operation));
  return element("details", { id: operation.operationId }, ...parts);
}

function showOperations(api) {
  const groups = new Map();
  for (const [path, verbs] of Object.entries(api.paths)) {
    for (const [verb, operation] of Object.entries(verbs)) {
      const tag = operation.tags[0];
      if (!groups.has(tag)) groups.set(tag, []);
      groups.get(tag).push(operationNode(path, verb, operation));
    }
  }
  for (const [tag, nodes] of groups) {
    document.getElementById("operations").append(element("h2", { textContent: tag }), ...nodes);
  }
}

function showSockets(sockets) {
  for (const socket of sockets) {
    const details = element("details", { id: socket.operationId },
      element("summary", {},
        element("span", { className: "verb", textContent: "WS" }),
        element("span", { className: "path", textContent: socket.path }), ` ${socket.summary}`),
      element("p", { textContent: socket.description }), parameterTable(socket.parameters));
    document.getElementById("sockets").append(details);
  }
}

function showSchemas(schemas) {
  for (const [name, schema] of Object.entries(schemas)) {
    const details = element("details", { id: `schema-${name}` },
      element("summary", {}, element("code", { textContent: name })),
      element("p", { textContent: schema.description ?? "" }), schemaTable(schema));
    document.getElementById("schemas").append(details);
  }
}

function showErrors(errors) {
  for (const row of errors) {
    const cells = [row.error_code, row.code, row.status, row.summary].map((text) => element("td", { textContent: text }));
    document.getElementById("errors").append(element("tr", { id: row.error_code }, ...cells));
  }
}

function openTarget() {
  const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (target) {
    if (target instanceof HTMLDetailsElement) target.open = true;
    target.scrollIntoView();
  }
}

async function main() {
  const api = await (await fetch("/openapi.json")).json();
  document.getElementById("version").textContent = api.info.version;
  document.getElementById("description").textContent = api.info.description;
  showOperations(api);
  showSchemas(api.components.schemas);
  showSockets(api["x-websockets"]);
  showErrors(api["x-errors"]);
  window.addEventListener("hashchange", openTarget);
  openTarget();
}

main().catch((error) => {
  document.getElementById("description").textContent = `openapi.json could not be read: ${error}. Load the page again.`;
});
