"""`loadcell config`: whether the settings of this environment can be used."""

import difflib
import json
import os
from collections.abc import Collection, Mapping
from typing import Annotated, Any

import typer

from loadcell.cli.failure import EXIT_OK, EXIT_USAGE, CommandError
from loadcell.cli.runs import JsonFlag
from loadcell.cli.service_module import NotInstalledError, run_module
from loadcell.cli.settings import CliSettings
from loadcell.config.report import Checks, look

config_app = typer.Typer(help="Look at settings.")

SERVICES = ("controller", "gateway", "agent")
_OURS = "LOADCELL_"
_ELSEWHERE = ("LOADCELL_MOCK_API_KEY",)  # of `loadcell mock-server`
_LIKENESS = 0.6  # a typing error or two, or a word that is missing


@config_app.command("check")
def check_config(
    *,
    services: Annotated[
        list[str] | None,
        typer.Argument(metavar="[SERVICE]...", help="controller, gateway or agent. Default: those installed."),
    ] = None,
    connect: Annotated[
        bool, typer.Option("--connect", help="Also look whether the database, Redis and the controller answer.")
    ] = False,
    strict: Annotated[bool, typer.Option("--strict", help="Take warnings for errors.")] = False,
    as_json: JsonFlag = False,
) -> int:
    """Say which settings each service would read here, and what is wrong with them, without starting it.

    Files are read and nothing is changed. Secrets are never shown. Exit code 2 when a service would not start.
    """
    unknown = [name for name in services or () if name not in SERVICES]
    if unknown:
        raise CommandError(f"SERVICE must be one of {', '.join(SERVICES)}, not {unknown[0]!r}")
    wanted = services or SERVICES
    # Those that are not asked for are so all the same: what they read is no slip of the pen.
    every = {
        name: _report(name, connect=connect and name in wanted, needed=name in (services or ()))
        for name in SERVICES
    }
    reports = [report for name in wanted if (report := every[name])]
    if not reports:
        raise CommandError("neither controller, gateway nor agent is installed here")
    own = look("command", CliSettings, os.environ, Checks(())).known
    strays = unread(
        os.environ, {*own, *_ELSEWHERE, *(name for report in every.values() if report for name in report["known"])}
    )
    wrong = any(report["errors"] or (strict and report["warnings"]) for report in reports)
    wrong = wrong or (strict and bool(strays))
    if as_json:
        for report in reports:
            del report["known"]
        document = {"ok": not wrong, "services": reports, "unknown": strays}
        print(json.dumps(document, indent=2))
    else:
        _show(reports, strays)
    return EXIT_USAGE if wrong else EXIT_OK


def unread(environ: Mapping[str, str], known: Collection[str]) -> dict[str, str]:
    """Return each variable that looks like a setting and is none, with the setting that it may be meant for."""
    found = {}
    for name in sorted(environ):
        if name.startswith(_OURS) and name not in known:
            # What they all begin with makes none of them more alike.
            rests = {one.removeprefix(_OURS): one for one in known if one.startswith(_OURS)}
            near = difflib.get_close_matches(name.removeprefix(_OURS), rests, 1, _LIKENESS)
            found[name] = rests[near[0]] if near else ""
    return found


def _report(service: str, *, connect: bool, needed: bool) -> dict[str, Any] | None:
    try:
        _, said = run_module(f"{service}.config_check", ["--connect"] if connect else [])
    except NotInstalledError:
        if needed:
            raise
        return None
    found: dict[str, Any] = json.loads(said)
    return found


def _show(reports: list[dict[str, Any]], strays: Mapping[str, str]) -> None:
    for report in reports:
        settings = report["settings"]
        print(f"{report['service']}: {'would not start' if report['errors'] else 'ok'}, {len(settings)} set")
        width = max((len(shown["name"]) for shown in settings), default=0)
        for shown in settings:
            where = f" from {shown['file']}" if shown["file"] else ""
            print(f"  {shown['name']:<{width}}  {shown['value']}{where}")
        for kind in ("errors", "warnings"):
            for said in report[kind]:
                print(f"  {kind.removesuffix('s')}: {said}")
    for name, near in strays.items():
        print(f"warning: {name} is no setting of these services" + (f"; is {near} meant?" if near else ""))
