"""How a page looks: light or dark as the reader's system is, and always light on paper."""

from __future__ import annotations

_LIGHT = {
    "ground": "#fff",
    "text": "#1b2230",
    "muted": "#525c6b",
    "line": "#d5dae2",
    "good": "#1b6e36",
    "warn": "#7a4b00",
    "bad": "#a81c1c",
}
_DARK = {
    "ground": "#12161d",
    "text": "#e8ecf2",
    "muted": "#a9b4c3",
    "line": "#333d4b",
    "good": "#7fdb9a",
    "warn": "#f4c46a",
    "bad": "#ff9d97",
}
_SERIES_LIGHT = (
    "#1a5fb4",
    "#c64600",
    "#1b7d3f",
    "#813d9c",
    "#986a44",
    "#c01c6c",
    "#0b7a8a",
    "#5e5c64",
    "#8a6d00",
    "#3b3f9e",
)
_SERIES_DARK = (
    "#82b5f5",
    "#ffa05c",
    "#7fdb9a",
    "#cf9df0",
    "#d5b08c",
    "#ff8fc4",
    "#6fd6e6",
    "#c0bfc6",
    "#e8cf6a",
    "#a9adff",
)


def _colours(named: dict[str, str], series: tuple[str, ...]) -> str:
    each = {**named, **{f"s{number}": colour for number, colour in enumerate(series)}}
    return "".join(f"--{name}:{colour};" for name, colour in each.items())


_PLAIN = """
*{box-sizing:border-box}
body{font:15px/1.5 system-ui,sans-serif;color:var(--text);background:var(--ground);margin:2rem auto;
max-width:76rem;padding:0 1rem}
h1{font-size:1.5rem;margin:0 0 1rem;overflow-wrap:anywhere}h2{font-size:1.15rem;margin:2rem 0 .5rem}
h3{font-size:1rem;margin:1rem 0 .25rem}
.wide{overflow-x:auto}
table{border-collapse:collapse;margin:.5rem 0 1rem}
caption{text-align:left;color:var(--muted)}
th,td{border-bottom:1px solid var(--line);padding:.15rem .8rem .15rem 0;text-align:left;vertical-align:top;
overflow-wrap:anywhere;min-width:4.5rem}
td.number{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}
.clean,.better,.passed{color:var(--good)}.degraded,.warning{color:var(--warn)}
.client_limited,.failed,.worse,.missed,.critical{color:var(--bad);font-weight:600}
.charts{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,30rem),1fr));gap:1rem}
figure{margin:0;break-inside:avoid}figcaption{font-weight:600}
svg{width:100%;height:auto;display:block}
svg text{font-size:12px;fill:var(--muted)}svg .middle{text-anchor:middle}svg .end{text-anchor:end}
svg .grid{stroke:var(--line);fill:none}svg .axis{stroke:var(--muted);fill:none}
svg .mark{stroke:var(--muted);stroke-dasharray:2 4;fill:none}
svg .line{stroke:var(--c);stroke-width:2;fill:none;stroke-linejoin:round}svg .dashed{stroke-dasharray:6 4}
svg .dot{fill:var(--c)}
.legend{list-style:none;padding:0;margin:0;display:flex;flex-wrap:wrap;gap:.1rem 1rem;font-size:.87rem}
.legend li{overflow-wrap:anywhere}.legend .key{width:22px;display:inline-block;margin-right:.4rem}
.note,footer{color:var(--muted);font-size:.87rem}
dt{font-weight:600}dd{margin:0 0 .4rem}
"""
_SERIES_CLASSES = "".join(f".s{number}{{--c:var(--s{number})}}" for number in range(len(_SERIES_LIGHT)))
STYLE = (
    f":root{{color-scheme:light dark;{_colours(_LIGHT, _SERIES_LIGHT)}}}"
    f"@media screen and (prefers-color-scheme:dark){{:root{{{_colours(_DARK, _SERIES_DARK)}}}}}"
    f"{_PLAIN}{_SERIES_CLASSES}"
    "@media print{body{margin:0;max-width:none;font-size:10px}.wide{overflow:visible}tr{break-inside:avoid}"
    "h2,h3{break-after:avoid}.charts{grid-template-columns:1fr 1fr}}\n"
)
