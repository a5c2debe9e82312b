"""`firstcontact eval intents`: the head against labelled messages."""

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.table import Table

from agent.cli.root import console, evaluate, json_lines, print_json, ready_settings, refuse
from agent.quality.labelled import Half, Labelled, RowError, by_label, half_of, parse

if TYPE_CHECKING:
    from agent.understand.head import Scores

#: Most rows a file may have.
LONGEST_FILE = 200_000


@evaluate.command("intents")
def intents(
    *,
    data: Annotated[Path, typer.Option(help="JSONL of {text, label} or {text, our_intent, source?, group?, lang?}.")],
    train: Annotated[Path | None, typer.Option(help="Fit the head on these rows instead of what ships.")] = None,
    half: Annotated[
        Half | None, typer.Option(help="Report this half of the data, split by group, and train on the other only.")
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print the figures as a line of JSON for each agent.")
    ] = False,
) -> None:
    """Measure accuracy, macro-F1, confusions by source, and what is taken for out of scope.

    Rows that name a `bot` are measured agent by agent. English rows only; rows without a label are left out.
    """
    from agent.quality.intents import Answered, figures

    rows = read_rows(data)
    learnt = read_rows(train) if train else None
    if half:
        learnt = half_of(learnt, Half.TUNE if half is Half.REPORT else Half.REPORT) if learnt is not None else None
        rows = half_of(rows, half)
    for bot in sorted({row.bot for row in rows}):
        with console.status("Fitting…"):
            scores = scoring(None if learnt is None else [row for row in learnt if row.bot in ("", bot)])
        with console.status("Reading…"):
            found = [(row, scores(row.text)) for row in rows if row.bot == bot and row.label is not None]
        answered = [
            Answered(row=row, intent=one.best[0], confidence=one.confidence, out_of_scope=one.out_of_scope)
            for row, one in found
        ]
        (print_json if as_json else _show)(({"bot": bot} if bot else {}) | figures(answered))


def read_rows(path: Path) -> list[Labelled]:
    """Read a file of labelled messages, or say in one sentence what is wrong with it."""
    try:
        lines = path.read_text(encoding="utf-8").split("\n")
    except (OSError, UnicodeDecodeError) as broken:
        raise refuse(f"{path} cannot be read: {type(broken).__name__}.") from None
    if len(lines) > LONGEST_FILE:
        raise refuse(f"{path} has more than {LONGEST_FILE} rows.")
    try:
        return parse(json_lines(line for line in lines if line.strip()))
    except RowError as wrong:
        raise refuse(f"{path}: {wrong}") from None


def scoring(learnt: Sequence[Labelled] | None) -> "Callable[[str], Scores]":
    """Return a head's verdict on a text: fitted to the rows given, else to what ships."""
    from agent.understand.embedded import outside, shipped_head
    from agent.understand.head import load_or_fit
    from agent.understand.requests import read
    from kb.encoder import Encoder, build_encoder

    home = ready_settings().home
    build_encoder(home / "encoder", lambda _: None)
    encoder = Encoder(home / "encoder")
    if learnt is None:
        head = shipped_head(encoder, home / "heads")
        return lambda text: outside(read(head, text)[0])
    examples = by_label(learnt)
    if len(examples) < 2:
        raise refuse("The training rows hold fewer than two labels.")
    head = load_or_fit(examples, encoder, home / "heads")
    return lambda text: read(head, text)[0]


def _show(found: dict[str, Any]) -> None:
    from rich.console import Console

    out, table = Console(), Table("figure", "value")
    for name, value in found.items():
        if not isinstance(value, dict | list):
            table.add_row(name, str(value))
    out.print(table)
    out.print(_table(("source", "accuracy"), found["by_source"].items()))
    worst = [(one["source"], one["label"], one["taken_for"], one["rows"]) for one in found["confusions"][:25]]
    out.print(_table(("source", "label", "taken for", "rows"), worst))


def _table(heads: Sequence[str], rows: Iterable[Sequence[object]]) -> Table:
    table = Table(*heads)
    for row in rows:
        table.add_row(*map(str, row))
    return table
