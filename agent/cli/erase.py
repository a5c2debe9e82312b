"""`firstcontact erase`: one customer, from every store, with the proof."""

import asyncio
from contextlib import closing
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from agent.cli.root import app, console, print_json, ready_settings, refuse

if TYPE_CHECKING:
    from agent.erase import Erased


@app.command()
def erase(
    *,
    customer: Annotated[str, typer.Option(help="The customer's id in your shop.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print each store as a line of JSON.")] = False,
) -> None:
    """Shred a customer's key, remove what is left, and search every store; exit code 1 if anything is found."""
    from agent.erase import NotNowError

    try:
        report = asyncio.run(_erase(customer))
    except NotNowError as wait:
        raise refuse(str(wait.__doc__)) from None
    table = Table("store", "removed", "still found")
    for one in report:
        table.add_row(one.store, str(one.removed), str(one.left) if one.left else "nothing")
        if as_json:
            print_json({"store": one.store, "removed": one.removed, "left": one.left})
    if not as_json:
        from rich.console import Console  # stdout: this is the result

        Console().print(table)
    if any(one.left for one in report):
        console.print("Something is left: see the last column.", markup=False)
        raise typer.Exit(1)


async def _erase(customer: str) -> "list[Erased]":
    from agent.bootstrap import joined
    from agent.erase import Eraser
    from agent.serve import running_redis
    from guardrails.pii.log import open_log
    from guardrails.pii.redact import Redactor

    settings, redactor = ready_settings(), Redactor()
    with closing(open_log(settings.home / "firstcontact.log", redactor, echo=False)), running_redis(settings):
        async with joined(settings, redactor=redactor) as company:
            eraser = Eraser(company)
            report = await eraser.erase(customer)
    if eraser.elsewhere:
        console.print(f"Delete these tickets in your helpdesk too: {', '.join(eraser.elsewhere)}.", markup=False)
    return report
