"""A scripted controller that speaks AgentService over a real socket."""

import asyncio
import zlib
from collections import Counter

import grpc
import psutil

from loadcell.channel import SERVER_OPTIONS
from loadcell.clock import wall_micros
from loadcell.errors import LoadcellError
from loadcell.rpc_errors import status_code, status_details
from loadcell.v1 import agent_pb2, agent_pb2_grpc, sample_pb2, target_pb2
from tests.free_ports import free_port
from tests.patience import PATIENCE_SECONDS

TERMINAL = agent_pb2.LEASE_STATE_COMPLETED  # and all above it


class FakeController(agent_pb2_grpc.AgentServiceServicer):
    """Speaks AgentService as the contract says and keeps all it hears. Survives `stop` and `start`."""

    def __init__(self):
        self.port = free_port()
        self.batches = {}  # (lease, number) -> SampleColumns
        self.received = Counter()  # (lease, number) -> times
        self.updates = []
        self.registers = []
        self.heartbeats = []
        self.probe_results = {}
        self.scrape_results = {}
        self.assets = {}
        self.refuse = None
        self.lose = set()  # (lease, number) refused once as a gap would be
        self.unwanted = {}  # lease -> reason its batches are refused for
        self.acknowledging = True
        self.answering = True
        self.heartbeat_micros = 100_000
        self._to_agent = []
        self._orders = []  # all that was ever sent
        self._changed = asyncio.Condition()

    async def start(self):
        self._server = grpc.aio.server(options=SERVER_OPTIONS)
        agent_pb2_grpc.add_AgentServiceServicer_to_server(self, self._server)
        self.port = self._server.add_insecure_port(f"127.0.0.1:{self.port}")
        await self._server.start()

    async def stop(self):
        await self._server.stop(0)

    async def send(self, **message):
        order = agent_pb2.SessionResponse(**message)
        self._orders.append(order)
        for queue in self._to_agent[-1:]:
            await queue.put(order)

    def _unheard(self, register):
        """Orders that an earlier session has swallowed; an agent gives one up that is silent for a moment."""
        states = {lease.lease_id: lease.state for lease in register.leases}
        known = {update.lease_id for update in self.updates}
        for order in self._orders:
            match order.WhichOneof("message"):
                case "lease_grant":
                    unheard = order.lease_grant.lease_id not in known
                case "lease_start":
                    unheard = states.get(order.lease_start.lease_id) == agent_pb2.LEASE_STATE_READY
                case "lease_cancel":
                    unheard = states.get(order.lease_cancel.lease_id, TERMINAL) < TERMINAL
                case "probe":
                    unheard = order.probe.probe_id not in self.probe_results
                case "scrape":
                    unheard = order.scrape.scrape_id not in self.scrape_results
                case _:
                    unheard = False
            if unheard:
                yield order

    async def until(self, condition):
        async with asyncio.timeout(PATIENCE_SECONDS), self._changed:
            await self._changed.wait_for(condition)

    async def state(self, lease_id, name):
        """Wait for a state of a lease; return its update."""
        wanted = agent_pb2.LeaseState.Value(f"LEASE_STATE_{name}")
        found = []

        def arrived():
            found[:] = [u for u in self.updates if u.lease_id == lease_id and u.state == wanted]
            ended = [
                u for u in self.updates if u.lease_id == lease_id and u.state >= TERMINAL and u.state != wanted
            ]
            assert not ended, ended
            return found

        await self.until(arrived)
        return found[-1]

    async def state_seen(self, lease_id, name):
        """Wait for a state of a lease, which may have gone on since; return the first update that told it."""
        wanted = agent_pb2.LeaseState.Value(f"LEASE_STATE_{name}")
        await self.until(lambda: any(u.lease_id == lease_id and u.state == wanted for u in self.updates))
        return next(u for u in self.updates if u.lease_id == lease_id and u.state == wanted)

    async def begin(self, grant):
        """Give a lease and start it as soon as it is ready."""
        await self.until(lambda: self._to_agent)  # an agent that is connecting again must not miss it
        await self.send(lease_grant=grant)
        await self.state(grant.lease_id, "READY")
        await self.send(
            lease_start=agent_pb2.LeaseStart(lease_id=grant.lease_id, start_micros=wall_micros() + 50_000)
        )

    async def rows(self, lease_id, name="COMPLETED"):
        """Wait for the end and for all batches; return the measured and the warm-up rows."""
        update = await self.state(lease_id, name)
        numbers = range(1, update.last_batch_number + 1)
        await self.until(lambda: all((lease_id, n) in self.batches for n in numbers))
        assert {n for lease, n in self.batches if lease == lease_id} == set(numbers)
        measured, warm = [], []
        for number in numbers:
            columns = self.batches[lease_id, number]
            assert columns.row_count > 0
            for row in range(columns.row_count):
                is_warm = bool(columns.warmup) and columns.warmup[row] == 1
                (warm if is_warm else measured).append(Row(columns, row))
        return measured, warm

    async def _note(self):
        async with self._changed:
            self._changed.notify_all()

    async def Session(self, requests, context):
        queue = asyncio.Queue()
        reader = asyncio.create_task(self._read(requests, queue))
        try:
            while True:
                response = await queue.get()
                if self.refuse is not None:
                    # As a real one: again at each registration. The status of the first refusal may not reach
                    # the agent, for gRPC gives INTERNAL instead when the agent is just writing.
                    context.set_trailing_metadata((("grpc-status-details-bin", status_details(self.refuse, "r")),))
                    await context.abort(status_code(self.refuse), self.refuse.message)
                yield response
        finally:
            self._to_agent = [other for other in self._to_agent if other is not queue]
            reader.cancel()

    async def _read(self, requests, queue):
        async for request in requests:
            kind = request.WhichOneof("message")
            if kind == "register":
                self.registers.append(request.register)
                self.updates.extend(request.register.leases)
                await queue.put(
                    agent_pb2.SessionResponse(
                        registered=agent_pb2.Registered(
                            controller_id="fake",
                            protocol_version=1,
                            heartbeat_interval_micros=self.heartbeat_micros,
                            lease_duration_micros=10_000_000,
                        )
                    )
                )
                for order in self._unheard(request.register):
                    await queue.put(order)
                self._to_agent.append(queue)  # the registration comes first, whatever is sent meanwhile
            elif kind == "heartbeat":
                self.heartbeats.append(request.heartbeat)
                now = wall_micros()
                if self.answering:
                    await queue.put(
                        agent_pb2.SessionResponse(
                            heartbeat_reply=agent_pb2.HeartbeatReply(
                                sequence=request.heartbeat.sequence,
                                agent_send_micros=request.heartbeat.agent_send_micros,
                                controller_receive_micros=now,
                                controller_send_micros=wall_micros(),
                            )
                        )
                    )
            elif kind == "lease_update":
                self.updates.append(request.lease_update)
            elif kind == "probe_result":
                self.probe_results[request.probe_result.probe_id] = request.probe_result
            elif kind == "scrape_result":
                self.scrape_results[request.scrape_result.scrape_id] = request.scrape_result
            await self._note()

    async def StreamSamples(self, requests, context):
        async for request in requests:
            key = request.lease_id, request.batch_number
            self.received[key] += 1
            committed = max((n for lease, n in self.batches if lease == request.lease_id), default=0)
            assert zlib.crc32(request.columns) == request.crc32
            if request.lease_id in self.unwanted:
                yield agent_pb2.StreamSamplesResponse(
                    lease_id=request.lease_id,
                    refused_reason=self.unwanted[request.lease_id],
                    refused_batch_number=request.batch_number,
                )
                continue
            if key in self.lose or request.batch_number > committed + 1:
                self.lose.discard(key)
                yield agent_pb2.StreamSamplesResponse(
                    lease_id=request.lease_id,
                    committed_batch_number=committed,
                    refused_reason="BATCH_GAP",
                    refused_batch_number=request.batch_number,
                )
                continue
            self.batches.setdefault(key, sample_pb2.SampleColumns.FromString(request.columns))
            await self._note()
            if self.acknowledging:
                yield agent_pb2.StreamSamplesResponse(
                    lease_id=request.lease_id, committed_batch_number=max(committed, request.batch_number)
                )

    async def GetAsset(self, request, context):
        if request.sha256 not in self.assets:
            error = LoadcellError("ASSET_NOT_FOUND", "the file was not uploaded")
            context.set_trailing_metadata((("grpc-status-details-bin", status_details(error, "r")),))
            await context.abort(status_code(error), error.message)
        data = self.assets[request.sha256]
        for start in range(0, len(data), 1000):
            yield agent_pb2.GetAssetResponse(data=data[start : start + 1000])


class Row:
    """One row of a batch."""

    def __init__(self, columns, row):
        self._columns, self._row = columns, row

    def __getattr__(self, name):
        column = getattr(self._columns, name)
        return column[self._row] if column else None


class AgentProcess:
    def __init__(self, process, log):
        self.process = process
        self._log = log

    @property
    def log(self):
        return self._log.read_text()

    def workers(self):
        return psutil.Process(self.process.pid).children()

    async def ended(self):
        """Wait for the end of the process; return its exit status."""
        return await asyncio.wait_for(self.process.wait(), PATIENCE_SECONDS)


def grant(
    url, lease_id="lease", *, shares=(0, 1), workers=0, timeout_seconds=10, target=None, workload=None, **level
):
    """A lease over the mock server; `level` are fields of LevelPlan."""
    return agent_pb2.LeaseGrant(
        lease_id=lease_id,
        run_id="run",
        level=target_pb2.LevelPlan(**level),
        share_index=shares[0],
        share_count=shares[1],
        target=target_pb2.TargetSpec(
            server_url=url,
            adapter="openai",
            model="mock-model",
            stream=True,
            timeout_micros=int(timeout_seconds * 1e6),
            tls_verify=True,
            **(target or {}),
        ),
        workload=target_pb2.WorkloadSpec(**({"input_len": 16, "output_len": 5, "seed": 3} | (workload or {}))),
        worker_count=workers,
        timeline=True,
        request_id="r-1",
    )
