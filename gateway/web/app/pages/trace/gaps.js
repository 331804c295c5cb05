// The gaps between the events of a request, in milliseconds. Pure.

// A stall, as agents count them: docs/concepts.md.
const STALL_MEDIANS = 5;
const STALL_MILLISECONDS = 200;

/** The gaps that are stalls. */
export function stallsOf(gaps) {
  const limit = Math.max(STALL_MEDIANS * median(gaps), STALL_MILLISECONDS);
  return gaps.filter((gap) => gap > limit);
}

/** The middle of the gaps; null where there are none. */
export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  if (!sorted.length) return null;
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}
