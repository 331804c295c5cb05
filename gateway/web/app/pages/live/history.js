// What the figures were, for the charts: so many points however long the run goes on. Pure.

const MOST_POINTS = 600;

/** {points, marks, add(state)}: when there are too many points every second one is left out, and fewer are added. */
export function makeHistory() {
  const history = { points: [], marks: [], add };
  let gap = 0; // least seconds between points
  let level = -1;

  function add({ metrics, started, index, levels }) {
    const at = metrics.timestamp - started;
    const last = history.points.at(-1);
    if (last && at <= last.at) return;
    if (index !== level) {
      level = index;
      history.marks.push({ x: at, text: String(levels[index]?.load ?? "") });
    } else if (last && at - last.at < gap) return;
    history.points.push({ ...metrics, at, load: levels[index]?.load ?? null });
    if (history.points.length > MOST_POINTS) thin();
  }

  function thin() {
    history.points = history.points.filter((_, position) => position % 2 === 0);
    gap = (history.points.at(-1).at - history.points[0].at) / MOST_POINTS;
  }

  return history;
}
