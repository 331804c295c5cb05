"""`loadcell agents`: who makes the load."""

from typing import TYPE_CHECKING, Annotated

import typer

from loadcell.cli.runs import ControllerFlag, JsonFlag, ask

if TYPE_CHECKING:
    from loadcell.client import Client

agents_app = typer.Typer(help="List and drain agents.")


@agents_app.command("list")
def list_agents(*, as_json: JsonFlag = False, controller: ControllerFlag = None) -> int:
    """List the agents a controller knows."""

    async def question(client: "Client") -> None:
        from loadcell.cli import report, tables  # noqa: PLC0415
        from loadcell.documents import render  # noqa: PLC0415

        found = [agent async for agent in client.agents()]
        if as_json:
            report.print_document(report.document_of({"agents": [render(agent) for agent in found]}))
        else:
            tables.console().print(tables.agents_table(found))

    return ask(controller, None, question)


@agents_app.command("drain")
def drain_agent(
    *,
    agent_id: Annotated[str, typer.Argument(metavar="AGENT_ID", help="Identifier of the agent.")],
    resume: Annotated[bool, typer.Option("--resume", help="Let it take work again.")] = False,
    controller: ControllerFlag = None,
) -> int:
    """Give an agent no further work; what it does is finished."""

    async def question(client: "Client") -> None:
        agent = await client.drain_agent(agent_id, resume=resume)
        print(f"agent {agent.agent_id}: {'takes work again' if resume else 'draining'}")

    return ask(controller, None, question)
