"""Traces and filters at random, few values so that they meet."""

from __future__ import annotations

from hypothesis import strategies as st

from controller.query.traces.conditions import Operator
from controller.query.traces.fields import FIELDS, Kind
from controller.query.traces.leaves import FITTING

NOW = 1_790_000_000_000_000  # microseconds
HOUR = 3_600_000_000
TEXTS = ("gpt-4o", "GPT-4", "a%b_c", "été", "x")
PATTERNS = ("^gpt", r"\d$", "[a-c]%", "t.")
TIMES = {"now": NOW, "now-1h": NOW - HOUR, "now+1h": NOW + HOUR}

_VALUES = {
    Kind.TRACE_ID: [f"{number:032x}" for number in range(4)],
    Kind.SPAN_ID: [f"{number:016x}" for number in range(4)],
    Kind.TEXT: list(TEXTS),
    Kind.NUMBER: [-1, 0, 0.5, 1, 200, 429],
    Kind.TIME: list(TIMES),
    Kind.STATUS: ["OK", "ERROR", "UNSET"],
    Kind.FLAG: [True, False],
    Kind.TAGS: list(TEXTS),
    Kind.OBJECT: ["x", "GPT-4", 0.5, 1, True],
}


def stored(kind: Kind) -> st.SearchStrategy[object]:
    if kind is Kind.TAGS:
        return st.lists(st.sampled_from(TEXTS), unique=True)
    if kind is Kind.OBJECT:
        return st.dictionaries(st.sampled_from(["a", "b.c"]), st.sampled_from(_VALUES[kind]))
    return st.sampled_from(list(TIMES.values()) if kind is Kind.TIME else _VALUES[kind])


traces = st.fixed_dictionaries(
    {
        name: stored(field.kind) if not field.nullable else st.none() | stored(field.kind)
        for name, field in FIELDS.items()
    }
)


@st.composite
def leaves(draw: st.DrawFn) -> dict[str, object]:
    field = draw(st.sampled_from([field for field in FIELDS.values() if field.filterable]))
    name = f"{field.name}.{draw(st.sampled_from(['a', 'b.c']))}" if field.kind is Kind.OBJECT else field.name
    operator = draw(st.sampled_from([operator for operator in Operator if operator in FITTING[field.kind]]))
    values = st.sampled_from(_VALUES[field.kind])
    value: object
    if operator in {Operator.IN, Operator.NOT_IN}:
        value = draw(st.lists(values, min_size=1, max_size=3))
    elif operator is Operator.REGEX:
        value = draw(st.sampled_from(PATTERNS))
    elif field.kind is Kind.OBJECT and operator not in {Operator.EQ, Operator.NE}:
        order = operator in {Operator.GT, Operator.GTE, Operator.LT, Operator.LTE}
        value = draw(st.sampled_from([0.5, 1] if order else ["x", "GPT"]))
    elif operator in {Operator.EQ, Operator.NE}:
        value = draw(values | st.none())
    else:
        value = draw(values)
    return {"field": name, "operator": operator.value, "value": value}


def _groups(children: st.SearchStrategy[dict[str, object]]) -> st.SearchStrategy[dict[str, object]]:
    def group(operator: str, most: int) -> st.SearchStrategy[dict[str, object]]:
        filters = st.lists(children, min_size=1, max_size=most)
        return st.fixed_dictionaries({"operator": st.just(operator), "filters": filters})

    return group("and", 3) | group("OR", 3) | group("not", 1)


filters = st.recursive(leaves(), _groups, max_leaves=8)
