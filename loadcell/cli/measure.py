"""The main job from the command's side: order a run, follow it, fetch its result."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from google.protobuf.message import Message

from loadcell.cli.failure import (
    EXIT_GATE_MISSED,
    EXIT_INTERRUPTED,
    EXIT_OK,
    EXIT_RUN_FAILED,
    CommandError,
    from_error,
)
from loadcell.cli.flags import DocumentForm
from loadcell.cli.follow import Interrupts, follow
from loadcell.cli.progress import Progress
from loadcell.cli.sdk import Client, LoadcellError
from loadcell.cli.session import Session
from loadcell.stack import ChildError
from loadcell.v1 import analysis_pb2, recommend_pb2, result_pb2, run_pb2

# Exit codes by what came of the question for a capacity; what is not here leaves it open.
_CODES = {"recommended": EXIT_OK, "at_most": EXIT_OK, "objectives_missed": EXIT_GATE_MISSED}


@dataclass(frozen=True, slots=True)
class Order:
    """A run to be made.

    Attributes:
        fields: Arguments of Client.create_run, or of Client.recommend.
        tokenizer: Tokenizer file to upload.
        dataset: Dataset file to upload.
        recommends: Whether the run is to recommend a capacity.
        analyzed: Whether what the result means is wanted, too.
    """

    fields: dict[str, Any]
    tokenizer: Path | None = None
    dataset: Path | None = None
    recommends: bool = False
    analyzed: bool = False


@dataclass(slots=True)
class Outcome:
    """What became of a run.

    Attributes:
        run: Its last state.
        result: What was measured; None when there is nothing.
        interrupted: Whether the user stopped it.
        file: The result in the form that was wanted.
        recommendation: What the run recommends, if it was made for that.
        analysis: What the result means, if that was wanted and there is one.
    """

    run: run_pb2.Run
    result: result_pb2.RunResult | None
    interrupted: bool = False
    file: bytes = b""
    recommendation: recommend_pb2.GetRecommendationResultResponse | None = None
    analysis: analysis_pb2.Analysis | None = None

    @property
    def answer(self) -> Message | None:
        """The document of the run: the recommendation, if it was made for one."""
        return self.result if self.recommendation is None else self.recommendation

    @property
    def exit_code(self) -> int:
        """0 when it completed and a request succeeded, 1 when not, 130 when the user stopped it.

        Without a recommendation that was wanted it is 3 when the server misses the objectives, else 1.
        """
        if self.interrupted:
            return EXIT_INTERRUPTED
        if self.run.state != run_pb2.RUN_STATE_COMPLETED:
            return EXIT_RUN_FAILED
        if not self._succeeded or self.recommendation is None:
            return EXIT_OK if self._succeeded else EXIT_RUN_FAILED
        return _CODES.get(self.recommendation.recommendation.outcome, EXIT_RUN_FAILED)

    @property
    def complaint(self) -> str:
        """Say what went wrong, empty when nothing did."""
        if self.exit_code == EXIT_OK:
            return ""
        if self.interrupted:
            return "interrupted; the result holds what was measured until then"
        if self.run.state == run_pb2.RUN_STATE_FAILED:
            return self.run.error or "the run failed"
        if self.run.state == run_pb2.RUN_STATE_CANCELLED:
            return "the run was cancelled"
        if self.recommendation is not None and self._succeeded:
            return f"no recommendation: {self.recommendation.recommendation.outcome.replace('_', ' ')}"
        return "every request failed"

    @property
    def _succeeded(self) -> bool:
        return self.result is not None and any(level.successful_requests for level in self.result.results)


async def measure(
    session: Session, order: Order, progress: Progress, *, form: DocumentForm | None = None
) -> Outcome:
    """Make a run and return what became of it.

    Args:
        session: The controller.
        order: The run.
        progress: Shows how far it is.
        form: What the result is to be fetched as for a file, if as anything.

    Raises:
        CommandError: The run is refused, or the controller is lost.
    """

    def give_up() -> None:
        progress.close()
        if session.stack is not None:
            session.stack.kill()

    with Interrupts(give_up) as interrupts:
        try:
            async with session.client() as client:
                fields = {**order.fields, **await _upload(client, order)}
                created = await (client.recommend if order.recommends else client.create_run)(**fields)
                interrupts.saving = True
                progress.say(f"run {created.run_id}")
                run = await follow(client, created.run_id, progress, interrupts.asked, session.stack)
                outcome = Outcome(run, await partial_result(client, run.run_id), interrupts.asked.is_set())
                if order.recommends and outcome.result is not None and run.state != run_pb2.RUN_STATE_FAILED:
                    outcome.recommendation = await client.recommendation_result(run)
                if order.analyzed and outcome.result is not None:
                    outcome.analysis = await _analysis(client, run, progress)
                if form is not None and outcome.result is not None:
                    outcome.file = b"".join([piece async for piece in client.export(run, form, partial=True)])
                return outcome
        except LoadcellError as error:
            raise from_error(error, address=session.address) from error
        except ChildError as error:
            raise CommandError(str(error), EXIT_RUN_FAILED) from error


async def _analysis(client: Client, run: run_pb2.Run, progress: Progress) -> analysis_pb2.Analysis | None:
    """Return what the rules say, which are for runs that completed or were cancelled."""
    if run.state == run_pb2.RUN_STATE_FAILED:
        return None
    try:
        return await client.analyze(run)
    except LoadcellError as error:
        progress.say(f"without an analysis: {error.message}")  # the run and its result are as good as they were
        return None


async def partial_result(client: Client, run_id: str) -> result_pb2.RunResult | None:
    """Return what was measured, None when a run has measured nothing."""
    try:
        return await client.result(run_id, partial=True)
    except LoadcellError as error:
        if error.reason == "RESULT_NOT_FOUND":
            return None
        raise


async def _upload(client: Client, order: Order) -> dict[str, str]:
    assets: dict[str, str] = {}
    wanted: tuple[tuple[Literal["tokenizer", "dataset"], Path | None], ...] = (
        ("tokenizer", order.tokenizer),
        ("dataset", order.dataset),
    )
    for kind, file in wanted:
        if file is not None:
            try:
                assets[f"{kind}_asset"] = (await client.upload_asset(file, kind)).sha256
            except LoadcellError as error:
                # The field of an upload is its data; the user knows the file by its flag.
                raise LoadcellError(error.reason, error.message, field=f"{kind}_asset") from error
    return assets
