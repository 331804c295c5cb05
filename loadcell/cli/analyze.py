"""`loadcell runs analyze`: what a result means."""

import sys
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from loadcell.cli.runs import ControllerFlag, DatabaseFlag, JsonFlag, RunId, ask
from loadcell.cli.steering import harmless

if TYPE_CHECKING:
    from loadcell.client import Client


class Mode(StrEnum):
    """Who makes an analysis."""

    RULES = "rules"
    LLM = "llm"


class Language(StrEnum):
    """What it is written in."""

    ENGLISH = "en"
    KOREAN = "ko"


def analyze_run(
    *,
    run_id: RunId,
    mode: Annotated[
        Mode, typer.Option(help="rules, or llm: the model the controller is set to (LOADCELL_ANALYSIS_URL).")
    ] = Mode.RULES,
    language: Annotated[Language, typer.Option(help="en or ko.")] = Language.ENGLISH,
    refresh: Annotated[bool, typer.Option("--refresh", help="Have the model make it anew.")] = False,
    as_json: JsonFlag = False,
    controller: ControllerFlag = None,
    database: DatabaseFlag = None,
) -> int:
    """Say what a result means: capacity, bottleneck, errors, what the numbers are worth, which load to serve."""

    async def question(client: "Client") -> None:
        from contextlib import aclosing  # noqa: PLC0415

        from loadcell.cli import json_output  # noqa: PLC0415

        if as_json:
            analysis = await client.analyze(run_id, mode=mode.value, language=language.value, refresh=refresh)
            json_output.print_document(json_output.document(analysis))
            return
        found = client.analysis_pieces(run_id, mode=mode.value, language=language.value, refresh=refresh)
        async with aclosing(found) as pieces:
            async for piece in pieces:
                if piece.thinking:
                    print("the model thinks ...", file=sys.stderr)
                print(harmless(piece.content), end="", flush=True)
        if mode is Mode.LLM:
            print()

    return ask(controller, database, question)
