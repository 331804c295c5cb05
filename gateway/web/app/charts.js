// Charts: drawn by plotly, which is loaded when the first one is shown. Beside each are its numbers as a table, for
// whoever cannot see it, or wants to copy them.

import { h, replace } from "./dom.js";
import { number } from "./format.js";
import { language, texts } from "./i18n.js";
import { info } from "./parts/term.js";
import * as words from "./texts/parts.js";
import { onTheme } from "./theme.js";

const HEIGHT_PIXELS = 320;
const MOST_ROWS = 500; // of the table of numbers
const t = texts(words);
let loading = null;

/** The library; a failure is forgotten, so that the next chart tries again. */
function plotly() {
  loading ??= load().catch((error) => {
    loading = null;
    throw error;
  });
  return loading;
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
 *                    both, bar, step or area; `low` and `high` draw a band around y; `axis: 2` is the scale on the right;
 *                    `color` a number of the palette, its position unless given; `text` what is shown of each point
 *   x, y, y2         {title, log, range, time, categories, format}
 *   marks            list of {x or y, text}: lines across
 *   stacked, height, onPoint({series, index})
 */
export function makeChart(spec, signal) {
  const area = h("div", { class: "chart", "aria-hidden": "true" });
  const caption = h("figcaption");
  const numbers = h("details", {});
  const node = h("figure", { class: "chart-figure" }, caption, area, numbers);
  let present = spec;
  let wanted = 0;

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
    if (mine !== wanted || signal?.aborted) return;
    await library.react(area, traces(present), layout(present), { displayModeBar: false, displaylogo: false, doubleClick: "reset" });
    area.removeAllListeners?.("plotly_click");
    if (present.onPoint) {
      area.on("plotly_click", ({ points: [point] }) => present.onPoint({ series: point.data.meta, index: point.pointIndex }));
    }
  }

  function update(next) {
    present = next;
    area.style.setProperty("height", `${next.height ?? HEIGHT_PIXELS}px`);
    replace(caption, next.title, next.term && info(next.term));
    replace(numbers, h("summary", {}, t("chart_table")), numbers.open && numbersOf(next));
    draw();
  }

  numbers.addEventListener("toggle", () => {
    if (numbers.open) replace(numbers, h("summary", {}, t("chart_table")), numbersOf(present));
  });
  let width = 0;
  const resized = new ResizeObserver(([{ contentRect }]) => {
    if (width && contentRect.width && Math.abs(contentRect.width - width) > 1) globalThis.Plotly?.Plots.resize(area);
    width = contentRect.width;
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
export function palette() {
  return getComputedStyle(document.documentElement).getPropertyValue("--series").trim().split(/\s+/);
}

function traces({ series, stacked }) {
  const colors = palette();
  return series.flatMap((one, index) => {
    const color = colors[(one.color ?? index) % colors.length];
    return [...band(one, color), trace(one, color, index, stacked)];
  });
}

function trace(one, color, index, stacked) {
  const shared = { name: plain(one.name), x: one.x, y: one.y, yaxis: one.axis === 2 ? "y2" : "y", meta: index };
  if (one.text) Object.assign(shared, { text: one.text.map(plain), hoverinfo: "text" });
  if (one.kind === "bar") return { ...shared, type: "bar", textposition: "none", marker: { color } };
  const modes = { points: "markers", both: "lines+markers" };
  return {
    ...shared,
    type: "scatter",
    mode: modes[one.kind] ?? "lines",
    line: { color, width: 2, dash: one.dashed ? "dash" : "solid", shape: one.kind === "step" ? "hv" : "linear" },
    marker: { color, size: 7 },
    ...(one.kind === "area" ? { fill: "tozeroy" } : {}),
    ...(stacked ? { stackgroup: "all" } : {}),
    connectgaps: false,
  };
}

function band(one, color) {
  if (!one.low || !one.high) return [];
  const edge = { type: "scatter", x: one.x, yaxis: one.axis === 2 ? "y2" : "y", mode: "lines", line: { width: 0, color }, hoverinfo: "skip", showlegend: false };
  return [{ ...edge, y: one.low }, { ...edge, y: one.high, fill: "tonexty", fillcolor: `${color}33` }];
}

function layout({ series, x = {}, y = {}, y2 = null, marks = [], stacked, height = HEIGHT_PIXELS }) {
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
    hoverlabel: { bgcolor: color("--surface"), bordercolor: color("--strong-line"), font: { color: color("--text") } },
    barmode: stacked ? "stack" : "group",
    xaxis: axis(x, color("--line")),
    yaxis: { ...axis(y, color("--line")), rangemode: y.log ? "normal" : "tozero" },
    ...(y2 ? { yaxis2: { ...axis(y2, color("--line")), overlaying: "y", side: "right", showgrid: false, rangemode: y2.log ? "normal" : "tozero" } } : {}),
    shapes: marks.map((mark) => across(mark, color("--strong-line"))),
    annotations: marks.filter(({ text }) => text).map((mark) => note(mark, color("--muted"))),
  };
}

function axis({ title = "", log = false, range, time = false, categories = false, format }, grid) {
  const type = log ? "log" : time ? "date" : categories ? "category" : "-";
  return { title: { text: plain(title) }, type, gridcolor: grid, linecolor: grid, zerolinecolor: grid, automargin: true, ...(range ? { range } : {}), ...(format ? { tickformat: format } : {}) };
}

function across({ x, y }, color) {
  const line = { color, width: 1.5, dash: "dot" };
  return x === undefined
    ? { type: "line", xref: "paper", x0: 0, x1: 1, y0: y, y1: y, line }
    : { type: "line", yref: "paper", y0: 0, y1: 1, x0: x, x1: x, line };
}

function note({ x, y, text }, color) {
  const place = x === undefined ? { xref: "paper", x: 1, xanchor: "right", y, yanchor: "bottom" } : { x, yref: "paper", y: 1, yanchor: "top", xanchor: "left" };
  return { ...place, text: plain(text), showarrow: false, font: { color } };
}

/** Text for plotly, which reads some tags and entities: shown as it is. */
export function plain(text) {
  return String(text).replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;");
}

function numbersOf({ series, x = {} }) {
  const rows = series.flatMap((one) => Array.from(one.x, (at, index) => [one.name, at, one.y[index]])).slice(0, MOST_ROWS);
  const shown = (value) => (typeof value === "number" ? number(value, 6) : value instanceof Date ? value.toLocaleString(language()) : String(value ?? "–"));
  return h("div", { class: "scroll", tabindex: "0" }, h(
    "table", {},
    h("thead", {}, h("tr", {}, h("th", { scope: "col" }, t("series")), h("th", { scope: "col" }, x.title ?? "x"), h("th", { scope: "col" }, t("value")))),
    h("tbody", {}, rows.map(([name, at, value]) => h("tr", {}, h("th", { scope: "row" }, name), h("td", {}, shown(at)), h("td", { class: "number" }, shown(value))))),
  ));
}
