"""What goes around every call, in its order."""

from __future__ import annotations

from prometheus_client import CollectorRegistry

from controller.access.authenticator import Authenticator
from controller.admission import Admissions
from controller.interceptors.access import access
from controller.interceptors.around import Around
from controller.interceptors.audit import audit
from controller.interceptors.errors import errors
from controller.interceptors.heading import heading
from controller.interceptors.limits import limits
from controller.interceptors.metrics import metrics
from controller.interceptors.refused import refused
from controller.interceptors.request_id import request_id
from controller.interceptors.stopping import Calls
from controller.interceptors.strangers import turn_away
from controller.limits.limiter import Limiter
from controller.limits.strangers import Strangers
from controller.refusals import Refusals
from controller.settings import ControllerSettings
from controller.store.database import Database


def arounds(
    settings: ControllerSettings,
    database: Database,
    authenticator: Authenticator,
    *,
    admissions: Admissions,
    refusals: Refusals,
    limiter: Limiter | None,
    calls: Calls,
    registry: CollectorRegistry,
) -> list[Around]:
    """Return what goes around every call; the first is the outermost: it sees everything the others do."""
    strangers = Strangers(settings.auth_failures, registry)
    return [
        turn_away(strangers),
        request_id,
        metrics(registry),
        errors,
        calls.around,
        refused(refusals),
        audit(database, registry),
        access(
            authenticator,
            admissions,
            strangers,
            require_agent_token=settings.require_agent_token,
            public_reads=settings.public_reads,
        ),
        *([] if limiter is None else [limits(limiter)]),
        heading,
    ]
