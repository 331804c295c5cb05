"""`loadcell agents`: who makes the load."""

from typing import TYPE_CHECKING, Annotated

import typer

from loadcell.cli import completing
from loadcell.cli.runs import ControllerFlag, JsonFlag, ask

if TYPE_CHECKING:
    from loadcell.client import Client

agents_app = typer.Typer(help="List, show and drain agents.")

AgentId = Annotated[
    str, typer.Argument(metavar="AGENT_ID", autocompletion=completing.agents, help="Identifier of the agent.")
]


@agents_app.command("list")
def list_agents(*, as_json: JsonFlag = False, controller: ControllerFlag = None) -> int:
    """List the agents a controller knows: labels, state, capacity by calibration, clock, unsent samples."""

    async def question(client: "Client") -> None:
        from loadcell.cli import agent_tables, json_output, layout  # noqa: PLC0415
        from loadcell.documents import render  # noqa: PLC0415

        found = [agent async for agent in client.agents()]
        if as_json:
            json_output.print_document(json_output.document_of({"agents": [render(agent) for agent in found]}))
        else:
            layout.console().print(agent_tables.agents_table(found))

    return ask(controller, None, question)


@agents_app.command("show")
def show_agent(*, agent_id: AgentId, as_json: JsonFlag = False, controller: ControllerFlag = None) -> int:
    """Show all that is known of an agent."""

    async def question(client: "Client") -> None:
        from loadcell.cli import agent_tables, json_output, layout  # noqa: PLC0415

        agent = await client.agent(agent_id)
        if as_json:
            json_output.print_document(json_output.document(agent))
        else:
            layout.console().print(agent_tables.agent_details(agent))

    return ask(controller, None, question)


@agents_app.command("drain")
def drain_agent(
    *,
    agent_id: AgentId,
    resume: Annotated[bool, typer.Option("--resume", help="Let it take work again.")] = False,
    controller: ControllerFlag = None,
) -> int:
    """Give an agent no further work; what it does is finished."""

    async def question(client: "Client") -> None:
        agent = await client.drain_agent(agent_id, resume=resume)
        print(f"agent {agent.agent_id}: {'takes work again' if resume else 'draining'}")

    return ask(controller, None, question)
