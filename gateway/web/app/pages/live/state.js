// How a run stands, put together from its messages. Pure. Each message has only some of the fields: what it does not
// have stays as it was.

const MOST_REQUESTS = 50;
const MOST_STEPS = 50;

/** The state before the first message, of the run as GET /api/v1/benchmark/run/{id} has it. */
export function stateOf(run) {
  const config = run.config ?? {};
  const loads = config.rate?.length ? config.rate : config.concurrency ?? [];
  return {
    status: run.status,
    started: run.started_at ? new Date(run.started_at).getTime() / 1000 : null,
    isOpen: Boolean(config.rate?.length),
    isTimed: Boolean(config.duration_seconds),
    hasObjectives: Object.values(config.goodput_thresholds ?? {}).some((limit) => limit !== null),
    levels: loads.map((load) => ({ load, percent: 0, metrics: null })),
    index: -1,
    overall: 0,
    eta: null,
    metrics: {},
    agents: [],
    requests: [],
    requestCount: 0,
    steps: [],
  };
}

/** Puts a message into the state. */
export function merge(state, message) {
  if (message.status) state.status = message.status;
  if (message.type === "progress") progress(state, message);
  if (message.type === "levels") message.levels.forEach((level) => ended(state, level));
  if (message.validation_log) step(state, message.validation_log);
}

function progress(state, message) {
  state.overall = message.overall_percent ?? state.overall;
  state.eta = message.eta_seconds ?? state.eta;
  state.agents = message.agents ?? state.agents;
  if (message.concurrency) atLevel(state, message);
  if (message.metrics) state.metrics = message.metrics;
  if (message.request_log) {
    state.requestCount += 1;
    state.requests = [{ ...message.request_log, number: state.requestCount }, ...state.requests].slice(0, MOST_REQUESTS);
  }
}

/** Steps are told again after each interruption. */
function step(state, log) {
  const isKnown = state.steps.some((one) => one.step === log.step && one.timestamp === log.timestamp && one.message === log.message);
  if (!isKnown) state.steps = [...state.steps, log].slice(-MOST_STEPS);
}

function room(state, count) {
  while (state.levels.length < count) state.levels.push({ load: null, percent: 0, metrics: null });
}

function ended(state, { index, progress: done, metrics }) {
  room(state, index + 1);
  state.levels[index] = { ...state.levels[index], ...done, percent: 100, metrics };
}

function atLevel(state, { concurrency, progress: done, metrics, status }) {
  room(state, concurrency.total);
  const load = concurrency.rate ?? concurrency.level;
  if (load === null || load === undefined || status === "pending") return; // nothing has begun
  state.index = concurrency.index;
  state.isOpen = concurrency.rate !== undefined;
  state.levels = state.levels.map((level, index) => (index < concurrency.index ? { ...level, percent: 100 } : level));
  const level = state.levels[concurrency.index] ?? { metrics: null };
  state.levels[concurrency.index] = { ...level, ...done, load, metrics: metrics ?? level.metrics };
}

/** Seconds since the first level began, by the clock of the system; null before. */
export function elapsed(state) {
  const { timestamp } = state.metrics;
  return timestamp && state.started ? Math.max(0, timestamp - state.started) : null;
}
