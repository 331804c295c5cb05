"""The commands, put together."""

from typing import Annotated, Any

import typer
import typer.core

from loadcell.cli.agents import agents_app
from loadcell.cli.analyze import analyze_run
from loadcell.cli.calibrate import calibrate
from loadcell.cli.check_target import check_target
from loadcell.cli.compare import compare_runs
from loadcell.cli.completion import completion
from loadcell.cli.config import config_app
from loadcell.cli.db import db_app
from loadcell.cli.demo import demo
from loadcell.cli.examples import show_examples
from loadcell.cli.exports import events_app, exports_app
from loadcell.cli.failure import EXIT_BROKEN_PIPE
from loadcell.cli.history import list_runs, update_run
from loadcell.cli.keys import keys_app, token_app
from loadcell.cli.mock_server import mock_server
from loadcell.cli.projects import projects_app
from loadcell.cli.recommend import recommend
from loadcell.cli.report import report
from loadcell.cli.run import run
from loadcell.cli.runs import runs_app
from loadcell.cli.timeline import show_timeline
from loadcell.cli.tokens import tokens_app
from loadcell.cli.up import up

# Flags after the name of the command belong to the program that the command starts, --help among them.
_PASS_ON = {"ignore_unknown_options": True, "allow_extra_args": True, "help_option_names": []}


class _Commands(typer.core.TyperGroup):
    """All commands, with examples in their help.

    Keeps typer from ending the process by itself, with its own exit code, when the output is closed.
    """

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        show_examples(self)

    def invoke(self, ctx: Any) -> Any:
        """Run a command."""
        try:
            return super().invoke(ctx)
        except BrokenPipeError as error:
            raise typer.Exit(EXIT_BROKEN_PIPE) from error


app = typer.Typer(
    cls=_Commands,
    name="loadcell",
    help="Load tests for LLM inference servers, with numbers that can be trusted.",
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["--help", "-h"]},
)
app.command("run")(run)
app.command("recommend")(recommend)
app.command("check-target")(check_target)
app.command("report")(report)
app.command("up")(up)
app.command("demo")(demo)
runs_app.command("list")(list_runs)
runs_app.command("update")(update_run)
runs_app.command("compare")(compare_runs)
runs_app.command("timeline")(show_timeline)
runs_app.command("analyze")(analyze_run)
app.add_typer(runs_app, name="runs")
agents_app.add_typer(tokens_app, name="token")
app.add_typer(agents_app, name="agents")
app.add_typer(keys_app, name="keys")
app.add_typer(token_app, name="token")
app.add_typer(projects_app, name="projects")
app.add_typer(exports_app, name="exports")
app.add_typer(events_app, name="events")
app.add_typer(config_app, name="config")
app.add_typer(db_app, name="db")
app.command("mock-server", context_settings=_PASS_ON)(mock_server)
app.command("calibrate")(calibrate)
app.command("completion")(completion)


def _print_version(asked: bool) -> None:
    if asked:
        from importlib.metadata import version  # noqa: PLC0415

        print(f"loadcell {version('loadcell')}")
        raise typer.Exit


@app.callback()
def loadcell(
    *,
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    """Load tests for LLM inference servers, with numbers that can be trusted."""
