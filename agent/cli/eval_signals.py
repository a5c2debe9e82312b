"""`firstcontact eval signals`: anger and instruction-like text against labelled messages."""

from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from agent.cli.root import evaluate, json_lines, print_json, refuse


@evaluate.command("signals")
def signals(
    *,
    data: Annotated[
        Path, typer.Option(help="JSONL of {text, frustrated: 0|1} or {text, label: 0|1 for instructions}.")
    ],
    as_json: Annotated[bool, typer.Option("--json", help="Print each row as a line of JSON.")] = False,
) -> None:
    """Measure recall and false alarms, by source."""
    from agent.quality.signals import figures

    try:
        lines = data.read_text(encoding="utf-8").split("\n")
    except (OSError, UnicodeDecodeError) as broken:
        raise refuse(f"{data} cannot be read: {type(broken).__name__}.") from None
    found = figures(json_lines(line for line in lines if line.strip()))
    if not found:
        raise refuse(f"{data} tells of no signal: its rows need text with frustrated or label, 0 or 1.")
    if as_json:
        for row in found:
            print_json(row)
        return
    from rich.console import Console

    table = Table(*found[0])
    for row in found:
        table.add_row(*map(str, row.values()))
    Console().print(table)
