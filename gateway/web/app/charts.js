// Charts: drawn by plotly, which is loaded when the first one is shown. Beside each are its numbers as a table, for
// whoever cannot see it, or wants to copy them.

import { h, harmless, replace } from "./dom.js";
import { NOTHING, count, number } from "./format.js";
import { language, texts } from "./i18n.js";
import { info } from "./parts/term.js";
import * as words from "./texts/parts.js";
import { onTheme } from "./theme.js";

const HEIGHT_PIXELS = 320;
const MOST_ROWS = 500; // of the table of numbers
const t = texts(words);
let loading = null;
let last = Promise.resolve();

/** The library; a failure is forgotten, so that the next chart tries again. */
function plotly() {
  loading ??= load().catch((error) => {
    loading = null;
    throw error;
  });
  return loading;
}

/** One's turn to draw: one chart at a time, each in a task of its own, so that together they hold nothing up. */
function turn() {
  last = last.then(() => new Promise((resolve) => { setTimeout(resolve); }));
  return last;
}

async function load() {
  const { charts, chartSheets } = document.documentElement.dataset;
  // Sheets that it would make for maps, which the policy refuses: it takes these for them.
  for (const id of chartSheets.split(" ").filter((one) => one && !document.getElementById(one))) {
    document.head.append(h("meta", { id }));
  }
  await import(charts);
  return globalThis.Plotly;
}

/**
 * A chart: `{node, update(spec)}`. The spec has
 *   title, term      what it shows, and a key of terms.js
 *   series           list of {name, x, y, kind, low, high, axis, dashed, color, text}: `kind` is line (default), points,
 *                    both, bar or step; `low` and `high` draw a band around y; `axis: 2` is the scale on the right;
 *                    `color` a number of the palette, its position unless given; `text` what is shown of each point
 *   x, y, y2         {title, range, time, categories}
 *   marks            list of {x, text}: lines across
 *   height           in pixels
 *   follows          whether it is drawn anew all the time: it can not be zoomed into then
 */
export function makeChart(spec, signal) {
  const area = h("div", { class: "chart", "aria-hidden": "true" });
  const caption = h("figcaption");
  const table = h("div", {});
  const numbers = h("details", {}, h("summary", {}, t("chart_table")), table);
  const node = h("figure", { class: "chart-figure" }, caption, area, numbers);
  let present = {};
  let wanted = 0;
  let width = 0; // of the last drawing
  let isLate = false; // what cannot be seen has no width: it is drawn when it can

  async function draw() {
    wanted += 1;
    const mine = wanted;
    let library;
    try {
      library = await plotly();
    } catch {
      replace(area, h("p", { class: "problem" }, t("chart_missing")));
      return;
    }
    await turn();
    if (mine !== wanted || signal?.aborted) return;
    width = area.clientWidth;
    isLate = !width;
    if (isLate) return;
    await library.react(area, traces(present), layout(present), { displayModeBar: false, displaylogo: false, doubleClick: "reset" });
  }

  function update(next) {
    // A definition that is being read stays open.
    if (next.title !== present.title || next.term !== present.term) replace(caption, next.title, next.term && info(next.term));
    present = next;
    area.style.setProperty("height", `${next.height ?? HEIGHT_PIXELS}px`);
    replace(table, numbers.open && numbersOf(next));
    draw();
  }

  numbers.addEventListener("toggle", () => replace(table, numbers.open && numbersOf(present)));
  const resized = new ResizeObserver(() => {
    if (isLate && area.clientWidth) draw();
    else if (width && area.clientWidth && Math.abs(area.clientWidth - width) > 1) {
      width = area.clientWidth;
      globalThis.Plotly.Plots.resize(area);
    }
  });
  resized.observe(area);
  onTheme(draw, signal);
  signal?.addEventListener("abort", () => {
    resized.disconnect();
    globalThis.Plotly?.purge(area);
  }, { once: true });
  update(spec);
  return { node, update };
}

/** The colours of series, as the theme has them. */
function palette() {
  return getComputedStyle(document.documentElement).getPropertyValue("--series").trim().split(/\s+/);
}

function traces({ series }) {
  const colors = palette();
  return series.flatMap((one, index) => {
    const color = colors[(one.color ?? index) % colors.length];
    return [...band(one, color), trace(one, color)];
  });
}

function trace(one, color) {
  const shared = { name: plain(one.name), x: one.x, y: one.y, yaxis: one.axis === 2 ? "y2" : "y" };
  if (one.text) Object.assign(shared, { text: one.text.map(plain), hoverinfo: "text" });
  if (one.kind === "bar") return { ...shared, type: "bar", textposition: "none", marker: { color } };
  const modes = { points: "markers", both: "lines+markers" };
  return {
    ...shared,
    type: "scatter",
    mode: modes[one.kind] ?? "lines",
    line: { color, width: 2, dash: one.dashed ? "dash" : "solid", shape: one.kind === "step" ? "hv" : "linear" },
    marker: { color, size: 7 },
    connectgaps: false,
  };
}

function band(one, color) {
  if (!one.low || !one.high) return [];
  const edge = { type: "scatter", x: one.x, yaxis: one.axis === 2 ? "y2" : "y", mode: "lines", line: { width: 0, color }, hoverinfo: "skip", showlegend: false };
  return [{ ...edge, y: one.low }, { ...edge, y: one.high, fill: "tonexty", fillcolor: `${color}33` }];
}

function layout({ series, x = {}, y = {}, y2 = null, marks = [], height = HEIGHT_PIXELS, follows = false }) {
  const style = getComputedStyle(document.documentElement);
  const color = (name) => style.getPropertyValue(name).trim();
  return {
    height,
    autosize: true,
    margin: { l: 64, r: y2 ? 64 : 16, t: 12, b: 48 },
    paper_bgcolor: "rgba(0,0,0,0)",
    plot_bgcolor: "rgba(0,0,0,0)",
    font: { family: "system-ui, sans-serif", size: 12, color: color("--text") },
    showlegend: series.length > 1,
    legend: { orientation: "h", y: 1.02, yanchor: "bottom", x: 0 },
    hovermode: "closest",
    dragmode: follows ? false : "zoom",
    hoverlabel: { bgcolor: color("--surface"), bordercolor: color("--strong-line"), font: { color: color("--text") } },
    xaxis: axis(x, color("--line"), follows),
    yaxis: { ...axis(y, color("--line"), follows), rangemode: "tozero" },
    ...(y2 ? { yaxis2: { ...axis(y2, color("--line"), follows), overlaying: "y", side: "right", showgrid: false, rangemode: "tozero" } } : {}),
    shapes: marks.map((mark) => across(mark, color("--strong-line"))),
    annotations: marks.filter(({ text }) => text).map((mark) => note(mark, color("--muted"))),
  };
}

// Labels are measured only where they are names, which may be long: each measuring lays the whole page out.
function axis({ title = "", range, time = false, categories = false }, grid, fixedrange) {
  return {
    title: { text: plain(title) },
    type: time ? "date" : categories ? "category" : "-",
    gridcolor: grid,
    linecolor: grid,
    zerolinecolor: grid,
    automargin: categories,
    ticklabeloverflow: "allow",
    fixedrange,
    ...(range ? { range } : {}),
  };
}

function across({ x }, color) {
  return { type: "line", yref: "paper", y0: 0, y1: 1, x0: x, x1: x, line: { color, width: 1.5, dash: "dot" } };
}

function note({ x, text }, color) {
  return { x, yref: "paper", y: 1, yanchor: "top", xanchor: "left", text: plain(text), showarrow: false, font: { color } };
}

/** Text for plotly, which reads some tags and entities: shown as it is. */
function plain(text) {
  return harmless(String(text)).replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;");
}

function numbersOf({ series, x = {} }) {
  const place = x.title ?? "x";
  const { heads, rows } = haveOneX(series) ? sideBySide(series, place) : oneBelowTheOther(series, place);
  const cells = ([first, ...rest]) => [h("th", { scope: "row" }, shown(first)), rest.map((value) => h("td", { class: "number" }, shown(value)))];
  return [
    rows.length > MOST_ROWS && h("p", { class: "small" }, t("chart_rows", { shown: count(MOST_ROWS), total: count(rows.length) })),
    h("div", { class: "scroll", tabindex: "0" }, h(
      "table", {},
      h("thead", {}, h("tr", {}, heads.map((head) => h("th", { scope: "col" }, head)))),
      h("tbody", {}, rows.slice(0, MOST_ROWS).map((row) => h("tr", {}, cells(row)))),
    )),
  ];
}

function haveOneX([first, ...others]) {
  return Boolean(first) && others.every(({ x }) => x === first.x || (x.length === first.x.length && x.every((at, index) => at === first.x[index])));
}

function sideBySide(series, place) {
  const rows = Array.from(series[0].x, (at, index) => [at, ...series.map(({ y }) => y[index])]);
  return { heads: [place, ...series.map(({ name }) => name)], rows };
}

function oneBelowTheOther(series, place) {
  const rows = series.flatMap(({ name, x, y }) => Array.from(x, (at, index) => [name, at, y[index]]));
  return { heads: [t("series"), place, t("value")], rows };
}

function shown(value) {
  if (typeof value === "number") return number(value, 6);
  return value instanceof Date ? value.toLocaleString(language()) : String(value ?? NOTHING);
}
