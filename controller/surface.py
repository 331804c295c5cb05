"""The gRPC surface put together: every service there is, and what goes around their calls."""

from __future__ import annotations

from dataclasses import dataclass

import grpc
from grpc_health.v1 import health, health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection
from prometheus_client import CollectorRegistry

from controller.access.authenticator import Authenticator
from controller.access.issuing import Issuer
from controller.access.tickets import Tickets
from controller.admission import Admissions
from controller.analysis.analyses import Analyses
from controller.budget_watch import BudgetWatch
from controller.dispatch.conversation import Conversation
from controller.dispatch.dispatcher import Dispatcher
from controller.exports.runner import Exports
from controller.interceptors.around import Interceptor
from controller.interceptors.chain import arounds
from controller.interceptors.stopping import Calls
from controller.limits.limiter import Limiter
from controller.load_rules import LoadRules
from controller.refusals import Refusals
from controller.services.agent import AgentServicer
from controller.services.answers import Answers
from controller.services.auth import AuthServicer
from controller.services.cost import CostServicer
from controller.services.event import EventServicer
from controller.services.export import ExportServicer
from controller.services.fleet import FleetServicer
from controller.services.metrics import MetricsServicer
from controller.services.model import ModelServicer
from controller.services.recommend import RecommendServicer
from controller.services.run import RunServicer
from controller.services.trace import TraceServicer
from controller.settings import ControllerSettings
from controller.store.database import Database
from loadcell.channel import SERVER_OPTIONS
from loadcell.target_guard.guard import TargetGuard
from loadcell.v1 import (
    agent_pb2,
    agent_pb2_grpc,
    auth_pb2,
    auth_pb2_grpc,
    cost_pb2,
    cost_pb2_grpc,
    event_pb2,
    event_pb2_grpc,
    export_pb2,
    export_pb2_grpc,
    fleet_pb2,
    fleet_pb2_grpc,
    metrics_pb2,
    metrics_pb2_grpc,
    model_pb2,
    model_pb2_grpc,
    recommend_pb2,
    recommend_pb2_grpc,
    run_pb2,
    run_pb2_grpc,
    trace_pb2,
    trace_pb2_grpc,
)

SERVICES = (
    run_pb2.DESCRIPTOR.services_by_name["RunService"].full_name,
    recommend_pb2.DESCRIPTOR.services_by_name["RecommendService"].full_name,
    agent_pb2.DESCRIPTOR.services_by_name["AgentService"].full_name,
    fleet_pb2.DESCRIPTOR.services_by_name["FleetService"].full_name,
    cost_pb2.DESCRIPTOR.services_by_name["CostService"].full_name,
    trace_pb2.DESCRIPTOR.services_by_name["TraceService"].full_name,
    metrics_pb2.DESCRIPTOR.services_by_name["MetricsService"].full_name,
    model_pb2.DESCRIPTOR.services_by_name["ModelService"].full_name,
    event_pb2.DESCRIPTOR.services_by_name["EventService"].full_name,
    export_pb2.DESCRIPTOR.services_by_name["ExportService"].full_name,
    auth_pb2.DESCRIPTOR.services_by_name["AuthService"].full_name,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """What the services work with."""

    settings: ControllerSettings
    database: Database
    dispatcher: Dispatcher
    answers: Answers
    exports: Exports
    admissions: Admissions
    budgets: BudgetWatch
    authenticator: Authenticator
    issuer: Issuer
    limiter: Limiter | None
    calls: Calls
    registry: CollectorRegistry
    states: health.aio.HealthServicer


async def make_server(parts: Parts) -> grpc.aio.Server:
    """Return a server of every service, which does not listen yet."""
    settings, database, dispatcher, answers = parts.settings, parts.database, parts.dispatcher, parts.answers
    refusals = Refusals(parts.registry)
    chain = arounds(
        settings,
        database,
        parts.authenticator,
        admissions=parts.admissions,
        refusals=refusals,
        limiter=parts.limiter,
        calls=parts.calls,
        registry=parts.registry,
    )
    server = grpc.aio.server(interceptors=[Interceptor(chain)], options=SERVER_OPTIONS)
    conversation = Conversation(database, dispatcher, refusals, settings.heartbeat_seconds)
    analyses = Analyses(database, settings.model_server())
    runs = RunServicer(
        database, dispatcher, answers, analyses, quotas=settings.quotas, rules=_load_rules(settings)
    )
    run_pb2_grpc.add_RunServiceServicer_to_server(runs, server)
    recommendations = RecommendServicer(
        database, dispatcher, answers, quotas=settings.quotas, rules=_load_rules(settings)
    )
    recommend_pb2_grpc.add_RecommendServiceServicer_to_server(recommendations, server)
    agents = AgentServicer(database, dispatcher, conversation, refusals)
    agent_pb2_grpc.add_AgentServiceServicer_to_server(agents, server)
    fleet = FleetServicer(database, dispatcher, parts.admissions)
    fleet_pb2_grpc.add_FleetServiceServicer_to_server(fleet, server)
    trace_pb2_grpc.add_TraceServiceServicer_to_server(TraceServicer(database, answers), server)
    questions = MetricsServicer(database, answers, settings.thresholds)
    metrics_pb2_grpc.add_MetricsServiceServicer_to_server(questions, server)
    model_pb2_grpc.add_ModelServiceServicer_to_server(ModelServicer(database, answers), server)
    costs = CostServicer(database, answers, parts.budgets.look)
    cost_pb2_grpc.add_CostServiceServicer_to_server(costs, server)
    event_pb2_grpc.add_EventServiceServicer_to_server(EventServicer(dispatcher.events), server)
    exports = ExportServicer(database, answers, parts.exports)
    export_pb2_grpc.add_ExportServiceServicer_to_server(exports, server)
    tickets = Tickets(database, parts.authenticator.givers)
    auth = AuthServicer(
        database, parts.authenticator, parts.admissions, parts.issuer, tickets, quotas=settings.quotas
    )
    auth_pb2_grpc.add_AuthServiceServicer_to_server(auth, server)
    health_pb2_grpc.add_HealthServicer_to_server(parts.states, server)
    for service in SERVICES:
        await parts.states.set(service, health_pb2.HealthCheckResponse.SERVING)
    reflection.enable_server_reflection((*SERVICES, health.SERVICE_NAME, reflection.SERVICE_NAME), server)
    return server


def _load_rules(settings: ControllerSettings) -> LoadRules:
    return LoadRules(
        TargetGuard(settings.target_deny, settings.target_allow),
        settings.acknowledge_rate,
        settings.acknowledge_concurrency,
        redact_texts=settings.redact_texts,
    )
