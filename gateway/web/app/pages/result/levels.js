// Levels of a result, as all parts of its page name and measure them.

/** The load of a level: requests in flight, or arrivals a second of an open loop. */
export function loadOf({ requested_rate: rate, concurrency }) {
  return rate ?? concurrency;
}

export function isOpen({ requested_rate: rate }) {
  return rate !== null && rate !== undefined;
}

/** What a level is called, as in reports: c=10, or 12.5/s. */
export function levelName(level) {
  return isOpen(level) ? `${loadOf(level)}/s` : `c=${loadOf(level)}`;
}

/** What a level gave: tokens a second, or requests a second where nobody has counted tokens. */
export function throughputOf(level, inTokens) {
  return inTokens ? level.throughput_tokens_per_sec : level.request_rate_per_sec;
}

/** Whether throughput is in tokens: all levels that had successes have counted theirs. */
export function countsTokens(levels) {
  const successful = levels.filter((one) => Number(one.successful_requests) > 0);
  return successful.length > 0 && successful.every((one) => one.throughput_tokens_per_sec !== null);
}

/** Levels by rising load, which lines are drawn through. */
export function byLoad(levels) {
  return [...levels].sort((a, b) => loadOf(a) - loadOf(b));
}

/** The load of the knee as the rules have found it; null when it is not among the levels. */
export function kneeOf(findings) {
  const numbers = (code) => findings.find((one) => one.code === code)?.numbers;
  return numbers("SATURATED")?.load ?? numbers("RATE_EXCEEDED")?.load_kept ?? null;
}

/** What the rules say of where throughput ends. */
export function capacityFinding(findings) {
  const codes = ["SATURATED", "NOT_SATURATED", "SINGLE_LEVEL", "RATE_EXCEEDED", "RATE_NOT_SENT", "RATE_KEPT"];
  return findings.find((one) => codes.includes(one.code)) ?? null;
}
