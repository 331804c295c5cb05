// What a specification will do: levels, requests, tokens. Pure. What only the server decides is null.

/** {levels: [{load, requests, seconds}], requests, seconds, warmup, promptTokens, outputTokens, isOpen}. */
export function planOf(specification) {
  const isOpen = specification.rate !== undefined;
  const levels = (isOpen ? specification.rate : specification.concurrency ?? []).map((load) => levelOf(specification, load, isOpen));
  const requests = sum(levels.map((level) => level.requests));
  const isFile = Boolean(specification.dataset_asset);
  return {
    isOpen,
    levels,
    requests,
    seconds: sum(levels.map((level) => level.seconds)),
    warmup: (specification.warmup ?? 3) * levels.length,
    promptTokens: isFile || requests === null ? null : requests * specification.input_len,
    outputTokens: requests === null ? null : requests * specification.output_len,
  };
}

function levelOf(specification, load, isOpen) {
  const { num_prompts: wanted, duration_seconds: seconds, requests_per_slot: each = 0 } = specification;
  if (seconds !== undefined) return { load, seconds, requests: isOpen ? Math.round(load * seconds) : null };
  if (isOpen) return { load, requests: wanted, seconds: load > 0 ? wanted / load : null };
  return { load, requests: Math.max(wanted, each * load), seconds: null };
}

function sum(values) {
  return values.includes(null) ? null : values.reduce((total, value) => total + value, 0);
}

/** The levels as a line of steps: over time where that is known, else over requests. */
export function stepsOf({ levels, seconds }) {
  const x = [];
  const y = [];
  let at = 0;
  for (const level of levels) {
    x.push(at);
    y.push(level.load);
    at += seconds === null ? level.requests : level.seconds;
  }
  return { x: [...x, at], y: [...y, y.at(-1)], overTime: seconds !== null };
}
