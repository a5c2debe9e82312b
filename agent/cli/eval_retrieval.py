"""`firstcontact eval retrieval`: how well the search finds what labelled questions ask for."""

import asyncio
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from agent.cli.root import console, evaluate, print_json, ready_settings
from agent.quality.retrieval import Half, Scores, gains, measure, read_collection


@evaluate.command("retrieval")
def eval_retrieval(
    data: Annotated[list[Path], typer.Option(exists=True, dir_okay=False, help="A labelled collection.")],
    more: Annotated[list[Path] | None, typer.Argument(exists=True, dir_okay=False, help="And others.")] = None,
    *,
    half: Annotated[Half, typer.Option(help="Which questions; only those to tune by ever chose a weight.")] = Half.ALL,
    as_json: Annotated[bool, typer.Option("--json", help="Print each row as a line of JSON.")] = False,
) -> None:
    """Print recall@5, hit@5 and MRR@10 of our search beside BM25 alone, vector alone and plain rank fusion."""
    from kb.encoder import Encoder, build_encoder

    home = ready_settings().home
    build_encoder(home / "encoder", lambda _: None)
    encoder = Encoder(home / "encoder")
    rows = []
    for path in (*data, *(more or ())):
        collection = read_collection(path)
        with console.status(f"Searching {collection.name}…"):
            measured = asyncio.run(measure(collection, encoder, half))
        rows += [(collection.name, name, scores) for name, scores in measured.items()]
        rows.append((collection.name, "ours above the best", gains(measured)))
    above = [scores.mrr_at_10 for _, name, scores in rows if name == "ours above the best"]
    if as_json:
        for name, way, scores in rows:
            print_json({"set": name, "way": way, "half": half, **asdict(scores)})
        print_json({"set": "mean", "way": "ours above the best", "half": half, "mrr_at_10": sum(above) / len(above)})
        return
    _print_table(rows, sum(above) / len(above))


def _print_table(rows: list[tuple[str, str, Scores]], mean: float) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table("set", "way", "recall@5", "hit@5", "MRR@10")
    for name, way, scores in rows:
        figures = vars(scores).values()
        sign = "+" if way == "ours above the best" else ""
        table.add_row(name, way, *(f"{figure:{sign}.1f}" for figure in figures))
    out = Console()
    out.print(table)
    out.print(f"MRR@10 above the best of the three, mean over sets: {mean:+.1f}")
