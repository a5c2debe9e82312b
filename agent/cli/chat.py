"""`firstcontact chat`: a conversation driven from a file."""

import asyncio
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from agent.cli.root import app, prepare_all, print_json, ready_settings, refuse


@app.command()
def chat(
    *,
    script: Annotated[Path, typer.Option(help="JSONL: say, choose, wait or operator, one a line.")],
    customer: Annotated[str | None, typer.Option(help="Who is signed in; nobody when left out.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print every event as JSONL.")] = False,
) -> None:
    """Drive a conversation headless through the same log, and print what became of it."""
    from agent.script import ScriptError, run_script

    settings = ready_settings()
    prepare_all(settings)
    try:
        asyncio.run(run_script(settings, script, customer, print_line=print_json if as_json else _print_plain))
    except ScriptError as wrong:
        raise refuse(str(wrong)) from None


def _print_plain(line: dict[str, Any]) -> None:
    if said := line.get("text") or line.get("label") or line.get("title"):
        sys.stdout.write(f"{line['kind']}: {said}\n")
        sys.stdout.flush()
