"""The tree of conditions that a query for traces becomes; the store compiles it, with one meaning on both engines.

A condition is true or false, never unknown. On a field without a value (null) only `eq null` and the negative
operators are true: NE, NOT_IN and NOT_CONTAINS are the exact opposites of EQ, IN and CONTAINS, and `Not` is true
wherever its child is not.

EQ, NE, IN and NOT_IN compare texts exactly. CONTAINS, NOT_CONTAINS, STARTS_WITH and ENDS_WITH take their text
literally (`%` and `_` have no meaning) and ignore the case of ASCII letters; REGEX ignores case, too.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TypeAlias

from controller.query.traces.fields import Field
from loadcell.instants import Instant


class Operator(Enum):
    """What a condition asks, by its name in requests."""

    EQ = "eq"
    NE = "ne"
    GT = "gt"
    GTE = "gte"
    LT = "lt"
    LTE = "lte"
    IN = "in"  # on tags: has any of them
    NOT_IN = "not_in"  # on tags: has none of them
    CONTAINS = "contains"  # on tags: has exactly this tag
    NOT_CONTAINS = "not_contains"
    STARTS_WITH = "starts_with"
    ENDS_WITH = "ends_with"
    REGEX = "regex"  # the language of controller.query.traces.patterns, anywhere in the text
    SEARCH = "search"  # all words, whole; on any field but input_text and output_text: in both taken together


Scalar: TypeAlias = str | int | float | bool | Instant
Value: TypeAlias = Scalar | tuple[Scalar, ...] | None


@dataclass(frozen=True, slots=True)
class Condition:
    """What one field must be.

    The type of `value` follows from the kind of the field: text for TEXT, lower-case hexadecimal digits for the
    identifiers, int or float for NUMBER, Instant for TIME, OK, ERROR or UNSET for STATUS, bool for FLAG; a tuple
    of at least one for IN and NOT_IN; None only for EQ and NE.

    `key` is the key within a field of kind OBJECT. The value is then text, int, float or bool, and whatever the
    object has of another type is unequal to it. Without a key, an object is only compared with None.
    """

    field: Field
    operator: Operator
    value: Value
    key: str | None = None


@dataclass(frozen=True, slots=True)
class And:
    """All of at least one child."""

    children: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Or:
    """Any of at least one child."""

    children: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Not:
    """The opposite of its child."""

    child: Node


Node: TypeAlias = And | Or | Not | Condition
