"use strict";

const at = (id) => document.getElementById(id);
const TYPE = "kind name ofType { kind name ofType { kind name ofType { kind name } } }";
const SCHEMA = `{ __schema { queryType { fields {
  name description args { name type { ${TYPE} } defaultValue } type { ${TYPE} }
} } } }`;

async function ask(query, variables) {
  const headers = {"Content-Type": "application/json", "Accept": "application/graphql-response+json"};
  if (at("key").value) headers["X-API-Key"] = at("key").value;
  const started = performance.now();
  const response = await fetch("/graphql", {method: "POST", headers, body: JSON.stringify({query, variables})});
  const answer = await response.json();
  at("state").textContent = `${response.status}, ${Math.round(performance.now() - started)} ms`;
  return answer;
}

function written(type) {
  if (type.kind === "NON_NULL") return `${written(type.ofType)}!`;
  return type.kind === "LIST" ? `[${written(type.ofType)}]` : type.name;
}

function listed(schema) {
  return schema.queryType.fields.map((field) => {
    const args = field.args.map((one) => `  ${one.name}: ${written(one.type)}`).join("\n");
    return `# ${field.description.replaceAll("\n", "\n# ")}\n${field.name}(\n${args}\n): ${written(field.type)}`;
  }).join("\n\n");
}

async function run(event) {
  event.preventDefault();
  try {
    const answer = await ask(at("document").value, JSON.parse(at("variables").value || "{}"));
    at("answer").textContent = JSON.stringify(answer, null, 2);
  } catch (error) {
    at("state").textContent = String(error);
  }
}

at("question").addEventListener("submit", run);
at("question").addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) run(event);
});
at("schema").addEventListener("click", async () => {
  try {
    const answer = await ask(SCHEMA);
    at("answer").textContent = answer.data ? listed(answer.data.__schema) : JSON.stringify(answer, null, 2);
  } catch (error) {
    at("state").textContent = String(error);
  }
});
