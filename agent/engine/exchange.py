"""One request and its response."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from time import monotonic_ns

from agent.engine.conclusion import failure_of_answer, failure_of_status
from agent.engine.connection import FIRST_READ_BYTES, READ_BYTES, Connection
from agent.engine.opening import Opening
from agent.engine.pool import Pool
from agent.engine.request import PreparedRequest
from agent.engine.response import ResponseError, ResponseReader
from agent.engine.sse import SseError, SseSplitter
from agent.engine.tokens import count_tokens
from agent.samples.outcome import ErrorClass, Failure, Status, TokenSource
from agent.samples.sample import Sample, Uncounted
from agent.targets.answer import Answer
from agent.targets.dialect import Dialect
from agent.targets.texts import MAX_SPOKEN_BYTES

MAX_EVENTS = 4_000_000
MAX_BODY_BYTES = 16 * 1024 * 1024
# Of the body of a failure only a message is wanted.
MAX_ERROR_BODY_BYTES = 64 * 1024
MAX_FINISH_REASON = 64
# Longer texts are not kept for a tokenizer: their tokens are counted as events.
MAX_TEXT_BYTES = 1024 * 1024
# The keep-alive timeouts of servers are a second or more. A connection that was idle for less and ends without an
# answer was not dropped for being idle: the server dropped the request, and asking again would hide that.
STALE_AFTER_NS = 1_000_000_000


@dataclass(slots=True)
class Workshop:
    """What all exchanges of an engine share.

    `ended` is told each exchange with its sample. `read_delays_ns` collects, for each read, how much later than
    the kernel we have seen the bytes. `stale_retries` counts second attempts after a dead idle connection. With
    `keep_text` a sample that the server has not counted brings its text, with `record_texts` each brings its
    prompt and its completion.
    """

    pool: Pool
    dialect: Dialect
    ended: Callable[[Exchange, Sample], None]
    keep_text: bool = False
    record_texts: bool = False
    read_delays_ns: list[int] = field(default_factory=list)
    stale_retries: int = 0


class Exchange:
    """Takes a connection, sends, reads until the response ends, and reports exactly one sample.

    The deadline counts from submission: waiting for a connection is part of what the user waits for. The report
    never happens inside `start`.
    """

    __slots__ = (
        "_answer",
        "_body",
        "_body_bytes",
        "_client_delay_ns",
        "_connect_ns",
        "_connection",
        "_last_stamp_ns",
        "_opening",
        "_read_count",
        "_request",
        "_response",
        "_retried",
        "_splitter",
        "_start_ns",
        "_submitted_ns",
        "_tls_ns",
        "_workshop",
        "deadline_ns",
        "dns_ns",
        "ended",
        "reused",
    )

    def __init__(self, workshop: Workshop, request: PreparedRequest, now_ns: int, timeout_ns: int) -> None:
        self._workshop = workshop
        self._request = request
        self._submitted_ns = now_ns
        self._start_ns = -1
        self._opening: Opening | None = None
        self._connection: Connection | None = None
        self._response: ResponseReader | None = None
        self._connect_ns = -1
        self._tls_ns = -1
        self._retried = False
        self._answer = Answer(
            text=bytearray() if workshop.keep_text else None,
            spoken=bytearray() if workshop.record_texts else None,
        )
        self._splitter: SseSplitter | None = None
        self._body: list[bytes] = []
        self._body_bytes = 0
        self._read_count = 0
        self._client_delay_ns = 0
        self._last_stamp_ns = -1
        self.deadline_ns = now_ns + timeout_ns
        self.dns_ns = -1
        self.reused = False
        self.ended = False

    def start(self) -> None:
        """Send on an idle connection, or on a new one as soon as it is open."""
        connection = self._workshop.pool.take()
        if connection is None:
            self._open()
        else:
            self._use(connection)

    def fail(self, failure: Failure) -> None:
        """End with a failure that was found before anything was sent."""
        self._report(Status.ERROR, failure, monotonic_ns())

    def expire(self, now_ns: int) -> None:
        """End because the deadline has passed."""
        waited = (now_ns - self._submitted_ns) / 1e9
        what = "response" if self._start_ns >= 0 else "connection"
        self._conclude(Failure(ErrorClass.TIMEOUT, f"no complete {what} within {waited:.3f} s"), now_ns)

    def cancel(self, now_ns: int) -> None:
        """End because the run is cancelled; the sample's end is the age of the request."""
        self._report(Status.CANCELLED, None, now_ns)

    def received(self, data: bytes, stamp_ns: int, now_ns: int) -> None:
        """Read on (`User`)."""
        delay_ns = now_ns - stamp_ns
        self._workshop.read_delays_ns.append(delay_ns)
        if delay_ns > self._client_delay_ns:  # noqa: PLR1730  called for every read, max() takes twice as long
            self._client_delay_ns = delay_ns
        self._read_count += 1
        response = self._response
        if response is None:
            return
        try:
            response.feed(data)
            parts = response.parts
            if parts:
                body = parts[0] if len(parts) == 1 else b"".join(parts)
                parts.clear()
                self._last_stamp_ns = stamp_ns
                if self._splitter is not None or self._is_event_stream(response):
                    self._take_events(body, stamp_ns)
                else:
                    self._take_body(body, response.status)
        except (ResponseError, SseError) as error:
            self._conclude(Failure(ErrorClass.PROTOCOL, str(error)), now_ns)
            return
        if response.complete:
            self._conclude(None, now_ns)

    def lost(self, failure: Failure | None) -> None:
        """Deal with a connection that has ended (`User`)."""
        connection, response = self._connection, self._response
        if connection is None or response is None:
            return
        if self._was_stale(connection) and not self._read_count and not self._retried:
            # The time lost is not the server's, so the request starts anew and the loss becomes part of its
            # schedule delay.
            self._retried = True
            self._workshop.stale_retries += 1
            self._connection = None
            self._start_ns = -1
            self._open()
            return
        if not response.status:
            cut = failure or Failure(ErrorClass.CONNECT, "the server closed the connection without a response")
        elif failure is None and not response.framed:
            cut = None
        else:
            reason = failure.message if failure is not None else "the server closed the connection"
            error_class = (
                ErrorClass.TLS if failure and failure.error_class is ErrorClass.TLS else ErrorClass.TRUNCATED
            )
            cut = Failure(error_class, f"the response was cut off: {reason}")
        self._conclude(cut, monotonic_ns())

    def _was_stale(self, connection: Connection) -> bool:
        since_ns = connection.idle_since_ns
        return since_ns >= 0 and self._start_ns - since_ns >= STALE_AFTER_NS

    def _open(self) -> None:
        self._opening = self._workshop.pool.open(self._opened)

    def _opened(self, result: Connection | Failure) -> None:
        self._opening = None
        if isinstance(result, Failure):
            self.fail(result)
            return
        self._connect_ns, self._tls_ns = result.connect_ns, result.tls_ns
        self._use(result)

    def _use(self, connection: Connection) -> None:
        self._connection = connection
        self._response = connection.response
        self._response.begin()
        self.reused = connection.used
        connection.user = self
        connection.read_bytes = FIRST_READ_BYTES
        self._start_ns = connection.send(self._request.payload)

    def _is_event_stream(self, response: ResponseReader) -> bool:
        """Say whether the body is events: wanted, a success, and not declared to be something else."""
        if not self._workshop.dialect.streaming or not 200 <= response.status < 300:
            return False
        if b"json" in response.content_type.lower():
            return False
        self._splitter = SseSplitter()
        return True

    def _take_events(self, body: bytes, stamp_ns: int) -> None:
        splitter, answer = self._splitter, self._answer
        if splitter is None:
            return
        if splitter.resuming:
            rest_of_event, blank_line, body = body.partition(b"\n\n")
            self._read_events(splitter.feed(rest_of_event + blank_line), stamp_ns)
        if body and not splitter.resuming:
            body = answer.take_texts(body, stamp_ns)
        if body:
            self._read_events(splitter.feed(body), stamp_ns)
        if answer.text is not None or answer.spoken is not None:
            self._bound_text()
        if len(answer.times_ns) > MAX_EVENTS:
            raise SseError(f"the stream has more than {MAX_EVENTS} events")

    def _read_events(self, events: list[bytes], stamp_ns: int) -> None:
        if not events:
            return
        try:
            self._workshop.dialect.read_events(self._answer, events, stamp_ns)
        except Exception as error:  # noqa: BLE001  told in the sample; a request must end whatever its events are
            self._answer.problem = _unreadable(error)
        if self._answer.has_payload and self._connection is not None:
            self._connection.read_bytes = READ_BYTES

    def _bound_text(self) -> None:
        text, spoken = self._answer.text, self._answer.spoken
        if text is not None and len(text) > MAX_TEXT_BYTES:
            self._answer.text = None
        if spoken is not None:
            del spoken[MAX_SPOKEN_BYTES:]

    def _take_body(self, body: bytes, status: int) -> None:
        self._body_bytes += len(body)
        if 200 <= status < 300:
            if self._body_bytes > MAX_BODY_BYTES:
                raise ResponseError(f"the body is larger than {MAX_BODY_BYTES >> 20} MiB")
            self._body.append(body)
        elif self._body_bytes <= MAX_ERROR_BODY_BYTES:
            self._body.append(body)

    def _conclude(self, cut: Failure | None, now_ns: int) -> None:
        """Decide the outcome. `cut` says why the response did not come to its end, None when it did."""
        try:
            failure = self._judge(cut)
        except Exception as error:  # noqa: BLE001  told in the sample; a request must end whatever its body is
            failure = Failure(ErrorClass.PROTOCOL, _unreadable(error))
        self._report(Status.OK if failure is None else Status.ERROR, failure, now_ns)

    def _judge(self, cut: Failure | None) -> Failure | None:
        response = self._response
        if response is None or not response.status:
            return cut
        dialect, answer = self._workshop.dialect, self._answer
        body = b"".join(self._body)
        failure = failure_of_status(response.status, dialect.error_message(body).strip() if body else "")
        if failure is not None:
            return failure
        if self._splitter is None and cut is None and body:
            dialect.read_body(answer, body)
            self._bound_text()
            if dialect.streaming and answer.error is None:
                kind = response.content_type.decode("latin-1")
                return Failure(ErrorClass.PROTOCOL, f"the server answered with {kind} instead of an event stream")
        return failure_of_answer(answer, cut)

    def _report(self, status: Status, failure: Failure | None, now_ns: int) -> None:
        self.ended = True
        self._let_go()
        request, answer, dialect = self._request, self._answer, self._workshop.dialect
        times = answer.times_ns
        completion_tokens, token_source, event_tokens = count_tokens(answer)
        last_ns = times[-1] if times else self._last_stamp_ns
        coalesced = 0
        if len(set(times)) != len(times):
            coalesced = sum(1 for count in Counter(times).values() if count > 1)
        sample = Sample(
            ordinal=request.ordinal,
            warmup=request.warmup,
            scheduled_ns=request.scheduled_ns,
            start_ns=self._start_ns if self._start_ns >= 0 else self._submitted_ns,
            requested_tokens=request.requested_tokens,
            dns_ns=self.dns_ns,
            connect_ns=self._connect_ns,
            tls_ns=self._tls_ns,
            first_ns=times[0] if times else -1,
            first_answer_ns=answer.first_answer_ns,
            end_ns=last_ns if status is Status.OK else now_ns,
            prompt_tokens=answer.prompt_tokens if answer.prompt_tokens >= 0 else request.prompt_tokens,
            completion_tokens=completion_tokens,
            reasoning_tokens=answer.reasoning_tokens,
            cached_tokens=answer.cached_tokens,
            token_source=token_source,
            status=status,
            error_class=failure.error_class if failure is not None else ErrorClass.NONE,
            http_status=self._response.status if self._response is not None else 0,
            error_message=dialect.sanitize(failure.message) if failure is not None else "",
            finish_reason=dialect.sanitize(answer.finish_reason, MAX_FINISH_REASON)
            if answer.finish_reason
            else "",
            client_delay_ns=self._client_delay_ns,
            reused=self.reused,
            coalesced_reads=coalesced,
            read_count=self._read_count,
            event_times_ns=times,
            event_tokens=event_tokens,
            uncounted=Uncounted(bytes(answer.text), answer.weights)
            if answer.text and token_source is not TokenSource.SERVER
            else None,
            texts=dialect.texts(request.payload, bytes(answer.spoken)) if answer.spoken is not None else None,
        )
        self._workshop.ended(self, sample)

    def _let_go(self) -> None:
        """Give the connection back when it can carry another request, else close it."""
        if self._opening is not None:
            self._opening.cancel()
            self._opening = None
        connection, self._connection = self._connection, None
        if connection is not None and not connection.closed:
            if connection.response.reusable and connection.all_sent:
                self._workshop.pool.release(connection)
            else:
                connection.close()


def _unreadable(error: Exception) -> str:
    return f"the response cannot be read: {error!r}"
