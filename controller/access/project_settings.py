"""What a caller sets for a project, checked."""

from __future__ import annotations

import math
from typing import Final

from controller.access.granting import check_name
from controller.project import Project
from loadcell.errors import LoadcellError
from loadcell.protocol import MAX_QUOTAS
from loadcell.target_guard.rules import parse_rules
from loadcell.v1 import auth_pb2

MAX_RULES: Final = 256
MAX_RULES_TEXT: Final = 16_384  # characters of all of them


def read_project(request: auth_pb2.SetProjectRequest, *, now: int, by: str) -> Project:
    """Return what a request sets, checked.

    Raises:
        LoadcellError: MISSING_REQUIRED_FIELD, INVALID_FIELD_VALUE, LIMIT_EXCEEDED with the field.
    """
    check_name("project_id", request.project_id)
    quotas = {name: getattr(request, name) for name in MAX_QUOTAS if request.HasField(name)}
    for name, value in quotas.items():
        if not math.isfinite(value) or not 0 <= value <= MAX_QUOTAS[name]:
            raise LoadcellError(
                "INVALID_FIELD_VALUE", f"{name} must be from 0 to {MAX_QUOTAS[name]:,}, not {value:g}", field=name
            )
    return Project(request.project_id, _rules(request.allowed_targets), **quotas, updated_at=now, updated_by=by)


def _rules(written: str) -> str:
    field = "allowed_targets"
    if len(written) > MAX_RULES_TEXT:
        raise LoadcellError("LIMIT_EXCEEDED", f"{field} may have {MAX_RULES_TEXT:,} characters", field=field)
    try:
        rules = parse_rules(written)
    except ValueError as error:
        raise LoadcellError("INVALID_FIELD_VALUE", f"{field}: {error}", field=field) from None
    if len(rules) > MAX_RULES:
        raise LoadcellError("LIMIT_EXCEEDED", f"{field} may have {MAX_RULES} rules", field=field)
    return ",".join(rule.text for rule in rules)
