"""`firstcontact eval pii`: the redactor against text that others labelled, or against generated values."""

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.table import Table

from agent.cli.root import console, evaluate, json_lines, print_json, ready_settings, refuse

if TYPE_CHECKING:
    from agent.quality.pii_scores import Labelled, Report

_GENERATED_SEED = 90_001


@evaluate.command("pii")
def pii(
    data: Annotated[Path | None, typer.Option(help="Labelled messages, one JSON object a line.", exists=True)] = None,
    *,
    generated: Annotated[int, typer.Option(help="Measure on so many generated messages instead.")] = 0,
    half: Annotated[str, typer.Option(help="Only the groups of one half: tuning or reported.")] = "",
    declared: Annotated[
        str | None, typer.Option(help="Order and receipt numbers that stay, as a regular expression.")
    ] = None,
    touched: Annotated[bool, typer.Option(help="List the clean messages in which something was masked.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the figures as one line of JSON.")] = False,
) -> None:
    """Print span recall, precision and F2 by type, the share of values covered, and false alarms."""
    from agent.bootstrap import full_redactor
    from agent.quality.pii_scores import score

    if half not in ("", "tuning", "reported"):
        raise refuse("The half is tuning or reported.")
    redactor = full_redactor(ready_settings(), declared)
    with console.status("Redacting…"):
        report = score(_messages(data, generated, half), redactor)
    if touched:
        for text in report.touched:
            console.print(text, markup=False, highlight=False)
    if as_json:
        print_json(report.as_dict())
    else:
        _show(report)


def _messages(data: Path | None, generated: int, half: str) -> "Iterable[Labelled]":
    from agent.quality.pii_scores import TYPES, Labelled, read_labelled

    if data is not None:
        return read_labelled(json_lines(data.read_text("utf-8").splitlines()), half)
    if not generated:
        raise refuse("Give labelled messages with --data, or a count with --generated.")
    from agent.quality.pii_generate import Generator

    samples = Generator(_GENERATED_SEED).held_out(generated)
    named = {kind.value: name for kind, name in TYPES.items()}
    return [
        Labelled(one.text, tuple((start, end, named.get(label, label)) for start, end, label in one.spans))
        for one in samples
    ]


def _show(report: "Report") -> None:
    table = Table("type", "values", "recall", "precision", "F2", "covered")
    for name, count in [*sorted(report.types.items()), ("promised, together", report.promised())]:
        figures = count.figures()
        table.add_row(name, *("–" if value is None else f"{value:g}" for value in figures.values()))
    out = Console()
    out.print(table)
    if report.clean:
        out.print(f"{len(report.touched)} of {report.clean} messages without anything personal were touched.")
