// What the overview asks the gateway for. Totals are counted by the controller over all runs, not over a page of them.

import { ApiError, path } from "../../api.js";
import { STATUSES } from "../../parts/run.js";

const HISTORY = "/api/v1/benchmark/history";
const RUNS = 8;
const RESULTS = 5;
const MOST_AGENTS = 1_000;

/** How many runs there are of each status. */
export async function loadTotals(api) {
  const pages = await Promise.all(STATUSES.map((status) => api.get(HISTORY, { query: { status, limit: 1, fields: "total" } })));
  return Object.fromEntries(STATUSES.map((status, index) => [status, Number(pages[index].total)]));
}

/** How many agents there are in each state. */
export async function loadAgents(api) {
  const { agents } = await api.get("/api/v1/agents", { query: { limit: MOST_AGENTS, fields: "agents.state" } });
  const found = { ready: 0, busy: 0, draining: 0, lost: 0 };
  for (const { state } of agents) if (state in found) found[state] += 1;
  return found;
}

/** The newest runs. */
export async function loadRuns(api) {
  return (await api.get(HISTORY, { query: { limit: RUNS } })).runs;
}

/** The newest completed runs with the summaries of their results; without those that were deleted meanwhile. */
export async function loadResults(api) {
  const { runs } = await api.get(HISTORY, { query: { status: "completed", limit: RESULTS } });
  const results = await Promise.all(runs.map((run) => summaryOf(api, run)));
  return results.filter((result) => result !== null);
}

async function summaryOf(api, run) {
  try {
    const { summary } = await api.get(path`/api/v1/benchmark/result/${run.run_id}`, { query: { fields: "summary" } });
    return { run, summary };
  } catch (error) {
    if (error instanceof ApiError && error.status === 404) return null;
    throw error;
  }
}
