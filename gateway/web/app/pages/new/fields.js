// Everything that can be said about a run: one line each, named as in CreateRunRequest of the contract. Pure.
//
// `kind` says how its text is read (kinds.js); `preset` is what an empty field stands for; `sent: true` is always told,
// all else only when it is not the default of the controller; `when` is the choice it belongs to; `secret` never gets
// into the address; `choice: true` is no field of the contract but chooses among them; `needed: true` must not be empty
// where it belongs; `term` is of terms.js; `hint` says that there is a text hint_<name>; `options` are the words to
// choose from.

export const GROUPS = ["target", "load", "workload", "objectives", "agents", "filing", "keeping"];
export const ALWAYS_OPEN = new Set(["target", "load", "workload"]);

const closed = { loop: "closed" };
const open = { loop: "open" };
const counted = { bound: "count" };
const random = { prompts: "random" };
const fromFile = { prompts: "dataset" };

export const FIELDS = [
  { name: "server_url", group: "target", kind: "text", type: "url", required: true, placeholder: "http://192.0.2.1:8000", hint: true },
  { name: "model", group: "target", kind: "text", hint: true },
  { name: "api_key", group: "target", kind: "text", type: "password", secret: true, hint: true },
  { name: "adapter", group: "target", kind: "text", preset: "openai", options: ["openai", "openai-completions"] },
  { name: "stream", group: "target", kind: "flag", preset: "true" },
  { name: "tls_verify", group: "target", kind: "flag", preset: "true" },
  { name: "headers", group: "target", kind: "headers", type: "textarea", secret: true, hint: true },
  { name: "framework", group: "target", kind: "text", options: ["", "vllm", "sglang", "ollama", "triton"], hint: true },
  { name: "framework_config", group: "target", kind: "json", type: "textarea", placeholder: '{"quantization": "fp8"}' },

  { name: "loop", group: "load", kind: "text", choice: true, preset: "closed", options: ["closed", "open"], hint: true },
  { name: "concurrency", group: "load", kind: "integers", preset: "1,5,10", sent: true, when: closed, term: "concurrency", hint: true },
  { name: "rate", group: "load", kind: "numbers", preset: "1,5,10", sent: true, when: open, term: "requested_rate", hint: true },
  { name: "arrival", group: "load", kind: "text", preset: "constant", options: ["constant", "poisson"], when: open, hint: true },
  { name: "max_concurrency", group: "load", kind: "integer", when: open, hint: true },
  { name: "bound", group: "load", kind: "text", choice: true, preset: "count", options: ["count", "duration"] },
  { name: "num_prompts", group: "load", kind: "integer", preset: "50", sent: true, when: counted },
  { name: "requests_per_slot", group: "load", kind: "integer", when: { ...closed, ...counted }, hint: true },
  { name: "duration_seconds", group: "load", kind: "number", preset: "60", sent: true, when: { bound: "duration" } },
  { name: "warmup", group: "load", kind: "integer", preset: "3", hint: true },
  { name: "timeout", group: "load", kind: "number", preset: "120" },

  { name: "prompts", group: "workload", kind: "text", choice: true, preset: "random", options: ["random", "dataset"], hint: true },
  { name: "dataset_asset", group: "workload", kind: "text", when: fromFile, needed: true, hint: true },
  { name: "input_len", group: "workload", kind: "integer", preset: "128", sent: true, when: random },
  { name: "output_len", group: "workload", kind: "integer", preset: "64", sent: true },
  { name: "seed", group: "workload", kind: "whole", preset: "0", hint: true },
  { name: "tokenizer_asset", group: "workload", kind: "text", hint: true },

  { name: "goodput_thresholds.ttft_ms", group: "objectives", kind: "number", term: "ttft", placeholder: "500" },
  { name: "goodput_thresholds.tpot_ms", group: "objectives", kind: "number", term: "tpot", placeholder: "50" },
  { name: "goodput_thresholds.e2e_ms", group: "objectives", kind: "number", term: "e2e", placeholder: "3000" },
  { name: "validation_config.enabled", group: "objectives", kind: "flag", hint: true },
  { name: "validation_config.tolerance", group: "objectives", kind: "number", preset: "0.05", when: { "validation_config.enabled": "true" } },

  { name: "agent_count", group: "agents", kind: "integer", preset: "1", hint: true },
  { name: "agent_labels", group: "agents", kind: "pairs", placeholder: "region=eu", hint: true },
  { name: "worker_count", group: "agents", kind: "integer", hint: true },
  { name: "force", group: "agents", kind: "flag", hint: true },
  { name: "acknowledge_load", group: "agents", kind: "flag", hint: true },

  { name: "labels", group: "filing", kind: "pairs", placeholder: "team=search, build=42", hint: true },
  { name: "project_id", group: "filing", kind: "text", preset: "default" },
  { name: "provider", group: "filing", kind: "text", preset: "custom", hint: true },
  { name: "environment", group: "filing", kind: "text", preset: "development" },
  { name: "service_name", group: "filing", kind: "text" },
  { name: "user_id", group: "filing", kind: "text" },
  { name: "session_id", group: "filing", kind: "text" },
  { name: "tags", group: "filing", kind: "words", hint: true },

  { name: "sketch_only", group: "keeping", kind: "flag", hint: true },
  { name: "trace_sample_rate", group: "keeping", kind: "number", preset: "1", when: { sketch_only: "false" }, hint: true },
  { name: "timeline", group: "keeping", kind: "flag", options: ["", "true", "false"], hint: true },
  { name: "record_texts", group: "keeping", kind: "flag", hint: true },
];

export const PRESETS = {
  quick: preset("1,5,10", 50, 128, 64),
  standard: preset("1,10,50,100", 200, 256, 128),
  stress: preset("10,50,100,200,500", 500, 512, 256),
};

function preset(concurrency, requests, prompt, output) {
  return { loop: "closed", concurrency, bound: "count", num_prompts: String(requests), input_len: String(prompt), output_len: String(output) };
}

/** What an empty field stands for. */
export function presetOf({ kind, preset: given, options }) {
  return given ?? (kind === "flag" && !options ? "false" : "");
}

/** Whether a field belongs to what has been chosen. */
export function applies({ when = {} }, values) {
  return Object.entries(when).every(([name, value]) => values[name] === value);
}
