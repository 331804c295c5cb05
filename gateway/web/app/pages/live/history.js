// What the figures were, for the charts: so many points however long the run goes on. Pure.

const MOST_POINTS = 300;
const SETTLED_SECONDS = 2; // what was measured later than that may still be on its way to the timeline

/**
 * {points, marks, changes, add(state), fill(seconds, state)}: when there are too many points every second one is left
 * out, and fewer are added. `changes` is another number whenever something has changed.
 */
export function makeHistory() {
  const history = { points: [], marks: [], changes: 0, add, fill };
  let gap = 0; // least seconds between points

  function add({ metrics, started, index, levels }) {
    const at = metrics.timestamp - started;
    const last = history.points.at(-1);
    const isNewLevel = last?.level !== index;
    if (last && (at <= last.at || (!isNewLevel && at - last.at < gap))) return;
    const point = { ...metrics, at, level: index, load: levels[index]?.load ?? null };
    if (isNewLevel) history.marks.push(markOf(point));
    put([...history.points, point]);
  }

  /** Puts what happened before this page was opened, second by second, in front of what has been seen since. */
  function fill(seconds, state) {
    const past = pointsOf(seconds, state);
    const end = (history.points[0]?.at ?? past.at(-1)?.at) - SETTLED_SECONDS;
    const all = [...past.filter(({ at }) => at < end), ...history.points];
    history.marks = all.filter(({ level }, position) => level !== all[position - 1]?.level).map(markOf);
    put(all);
  }

  function put(points) {
    history.points = points;
    history.changes += 1;
    while (history.points.length > MOST_POINTS) {
      history.points = history.points.filter((_, position) => position % 2 === 0);
      gap = (history.points.at(-1).at - history.points[0].at) / MOST_POINTS;
    }
  }

  return history;
}

function markOf({ at, load }) {
  return { x: at, text: String(load ?? "") };
}

/** Points of a timeline. Its latencies are those of each second, not of the level so far, so they have other names. */
function pointsOf(seconds, { started, levels }) {
  let errors = null; // of the level so far; unknown where it began earlier than the timeline
  return seconds.map((second) => {
    const [succeeded, failed] = [Number(second.success_count), Number(second.error_count)];
    if (second.second === 0) errors = 0;
    if (errors !== null) errors += failed;
    return {
      at: new Date(second.started_at).getTime() / 1000 + 1 - started,
      level: second.level,
      load: levels[second.level]?.load ?? null,
      request_rate: succeeded + failed,
      token_rate: Number(second.output_tokens),
      in_flight: Number(second.in_flight),
      error_count: errors,
      ttft_second: second.ttft?.p50 ?? null,
      e2e_second: second.e2e?.p50 ?? null,
    };
  });
}
