"""`firstcontact kb`: check the articles, build and search their index."""

import asyncio
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from agent.cli.root import console, json_lines, kb, print_json, ready_settings, refuse

if TYPE_CHECKING:
    from kb.encoder import Encoder
    from kb.search import Index
    from kb.shelf import Progress

_INDEX = Annotated[Path | None, typer.Option(help="Another index's folder; our own articles' when left out.")]
#: Hits that a line of answers holds.
_HITS = 10


@kb.command("lint")
def lint_articles(
    folders: Annotated[
        list[Path] | None, typer.Argument(exists=True, file_okay=False, help="Ours when left out.")
    ] = None,
) -> None:
    """Name what is wrong with articles, each with its file and line; the exit code is 1 if there is anything."""
    from kb.lint import lint

    own = Path(__file__).parents[2] / "kb"
    findings = lint(folders or [own / "policies", own / "articles"], today=date.today())
    for finding in findings:
        sys.stdout.write(f"{finding}\n")
    if findings:
        raise typer.Exit(1)


@kb.command("build")
def build(
    *,
    source: Annotated[
        Path | None,
        typer.Option(
            exists=True, help="Lines of {id, title, text}, or a help-centre export's folder of Markdown or HTML."
        ),
    ] = None,
    out: _INDEX = None,
) -> None:
    """Build the article index: only what has changed is read anew, and readers see it complete or not at all."""
    from agent.bootstrap import ARTICLE_FOLDERS
    from kb.article import load_articles
    from kb.errors import KnowledgeError
    from kb.ingest import customer_passages, write_index
    from kb.source import read_passages

    if source and not out:
        raise refuse("Say with --out where this index should be; our own articles' index stays as it is.")
    try:
        if source:
            passages = read_passages(source)
        else:
            passages = list(customer_passages(one for folder in ARTICLE_FOLDERS for one in load_articles(folder)))
    except KnowledgeError as error:
        raise refuse(str(error)) from None
    with _progress() as progress:
        new = asyncio.run(write_index(passages, out or _own_index(), _encoder(), progress))
    console.print(f"{len(passages)} passages indexed, {new} of them read anew.")


@kb.command("search")
def search(
    query: Annotated[str | None, typer.Argument(help="What to search for; left out with --jsonl.")] = None,
    *,
    limit: int = 5,
    index: _INDEX = None,
    jsonl: Annotated[bool, typer.Option(help="Read {query} a line, print {hits, confidence, verdict} a line.")] = False,
) -> None:
    """Search the articles."""
    from kb.errors import NoIndexError
    from kb.search import Index

    if jsonl == (query is not None):
        raise refuse("Give a query, or --jsonl and a query a line on standard input.")
    opened = Index(index or _own_index(), _encoder())
    try:
        asyncio.run(_print_lines(opened) if query is None else _print_hits(opened, query, limit))
    except NoIndexError as error:
        raise refuse(str(error)) from None


async def _print_lines(index: "Index") -> None:
    for line in json_lines(sys.stdin):
        query = line.get("query")
        if not isinstance(query, str):
            raise refuse("Each line is an object with a query.")
        # More than is printed, because sections of one article count as one hit.
        found = await index.search(query, on=date.today(), k=5 * _HITS)
        best: dict[str, float] = {}
        for hit in found.hits:
            best.setdefault(hit.article, hit.score)
        hits = [{"id": article, "score": score} for article, score in list(best.items())[:_HITS]]
        print_json({"hits": hits, "confidence": round(found.confidence, 4), "verdict": found.verdict.value})


async def _print_hits(index: "Index", query: str, limit: int) -> None:
    found = await index.search(query, on=date.today(), k=limit)
    sys.stdout.write(f"{found.verdict.value} ({found.confidence:.2f})\n")
    for hit in found.hits:
        sys.stdout.write(f"{hit.score:.2f}  {hit.article}  {hit.title}: {hit.heading}\n")


@kb.command("calibrate")
def calibrate(
    questions: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="Like tests/kb/questions.yaml.")],
    *,
    half: Annotated[str, typer.Option(help="Choose by calibrating; reporting is only measured.")] = "calibrating",
    index: _INDEX = None,
) -> None:
    """Print what each threshold would do on labelled questions, and the weights and thresholds they call for."""
    from kb.calibrate import ask_all, fitted, rates, thresholds
    from kb.search import Index

    asked = asyncio.run(ask_all(Index(index or _own_index(), _encoder()), questions, half, on=date.today()))
    for one in sorted(asked, key=lambda one: -one.score):
        mark = " " if not one.answerable else "✓" if one.right else "✗"
        sys.stdout.write(f"{one.score:.3f} {mark} {one.question} → {one.found}\n")
    for percent in range(5, 100, 5):
        right, false = rates(asked, percent / 100)
        sys.stdout.write(f"from {percent / 100:.2f}: {right:.0%} answered rightly, {false:.0%} false answers\n")
    if half == "calibrating":
        weights = ", ".join(f"{weight:.2f}" for weight in fitted(asked))
        answer, suggest = thresholds(asked)
        sys.stdout.write(f"weights {weights}; answer from {answer:.3f}, suggest from {suggest:.3f}\n")


@kb.command("gaps")
def report_gaps(*, limit: int = 20, index: _INDEX = None) -> None:
    """Read {question} a line, and print as Markdown what is asked and not answered, with an outline for each."""
    from kb.gaps import gaps
    from kb.search import Index

    questions = [str(line.get("question", "")) for line in json_lines(sys.stdin)]
    encoder = _encoder()
    found = asyncio.run(
        gaps([one for one in questions if one.strip()], Index(index or _own_index(), encoder), encoder, on=date.today())
    )
    sys.stdout.write("\n".join(gap.outline() for gap in found[:limit]))


def _own_index() -> Path:
    return ready_settings().home / "index"


def _encoder() -> "Encoder":
    from kb.encoder import Encoder, build_encoder

    folder = ready_settings().home / "encoder"
    with console.status("Checking the language model…"):
        build_encoder(folder, lambda _: None)
    return Encoder(folder)


@contextmanager
def _progress() -> "Iterator[Progress]":
    """Show how many of the passages have been read."""
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("Reading passages"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task("", total=None)
        yield lambda done, of: bar.update(task, completed=done, total=of)
