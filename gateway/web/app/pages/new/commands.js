// The same run from a terminal: as a command line, and as a call of the HTTP API. Pure. Secrets are read from the
// environment there, and never shown.

import { commandLine, quoted } from "../../parts/command.js";

const FLAGS = {
  model: ["--model"],
  concurrency: ["--concurrency", list],
  rate: ["--rate", list],
  arrival: ["--arrival"],
  max_concurrency: ["--max-concurrency"],
  num_prompts: ["--num-prompts"],
  duration_seconds: ["--duration"],
  input_len: ["--input-len"],
  output_len: ["--output-len"],
  warmup: ["--warmup"],
  timeout: ["--timeout"],
  adapter: ["--adapter"],
  goodput_thresholds: ["--goodput", (limits) => list(Object.entries(limits).map(([name, value]) => `${name.replace("_ms", "")}:${value}`))],
  seed: ["--seed"],
  worker_count: ["--workers"],
  project_id: ["--project"],
  provider: ["--provider"],
  environment: ["--environment"],
  service_name: ["--service"],
  user_id: ["--user"],
  session_id: ["--session"],
  trace_sample_rate: ["--trace-sample-rate"],
};
const SWITCHES = { force: "--force", acknowledge_load: "--acknowledge-load", record_texts: "--record-texts", sketch_only: "--sketch-only" };
const ONLY_HTTP = ["headers", "framework", "framework_config", "requests_per_slot", "timeline", "tokenizer_asset"];

/** The command line, which takes a dataset by the name of its file, and the fields that it has no flag for. */
export function commandOf(specification, controller, datasetName = "") {
  const words = ["run", specification.server_url ?? "URL"];
  for (const [name, [flag, shown = String]] of Object.entries(FLAGS)) {
    if (specification[name] !== undefined) words.push(flag, shown(specification[name]));
  }
  for (const [name, flag] of Object.entries(SWITCHES)) if (specification[name]) words.push(flag);
  if (specification.dataset_asset && datasetName) words.push("--dataset", datasetName);
  if (specification.stream === false) words.push("--no-stream");
  if (specification.tls_verify === false) words.push("--no-tls-verify");
  for (const [key, value] of Object.entries(specification.labels ?? {})) words.push("--label", `${key}=${value}`);
  for (const tag of specification.tags ?? []) words.push("--tag", tag);
  words.push(...agentWords(specification), ...validationWords(specification.validation_config));
  const missing = datasetName ? ONLY_HTTP : [...ONLY_HTTP, "dataset_asset"];
  return { command: commandLine(words, controller), missing: missing.filter((name) => specification[name] !== undefined) };
}

/** The call, as curl makes it. */
export function curlOf(specification, origin, { isSignedIn }) {
  const shown = { ...specification };
  const variables = new Map();
  const hidden = (name) => {
    const place = `\u0000${variables.size}\u0000`;
    variables.set(place, name);
    return place;
  };
  if (shown.api_key) shown.api_key = hidden("LLM_API_KEY");
  if (shown.headers) {
    const names = Object.keys(shown.headers);
    shown.headers = Object.fromEntries(names.map((name) => [name, hidden(`HEADER_${name.toUpperCase().replace(/\W/g, "_")}`)]));
  }
  let body = `'${JSON.stringify(shown).replaceAll("'", "'\\''")}'`;
  for (const [place, name] of variables) body = body.replace(JSON.stringify(place).slice(1, -1), `'"$${name}"'`);
  const key = isSignedIn ? ' -H "X-API-Key: $LOADCELL_API_KEY"' : "";
  return `curl -s ${quoted(`${origin}/api/v1/benchmark/run`)} -H 'content-type: application/json'${key} -d ${body}`;
}

function agentWords({ agent_count: count, agent_labels: labels }) {
  if (count === undefined && labels === undefined) return [];
  const pairs = Object.entries(labels ?? {}).map(([key, value]) => `${key}=${value}`);
  if (!pairs.length) return ["--agents", String(count)];
  return ["--agents", list(count === undefined ? pairs : [...pairs, `count=${count}`])];
}

function validationWords(wanted) {
  if (!wanted?.enabled) return [];
  return wanted.tolerance === undefined ? ["--validate"] : ["--validate", "--tolerance", String(wanted.tolerance)];
}

function list(values) {
  return values.join(",");
}
