"""`firstcontact eval tau`: the retail domain of τ-bench through our door."""

import asyncio
import sys
import time
from pathlib import Path
from typing import Annotated, Any

import typer

from agent.cli.root import evaluate, json_lines, print_json, refuse


@evaluate.command()
def tau(
    *,
    tasks: Annotated[Path, typer.Option(help="Tasks as JSONL: id, user_id, write_actions.")],
    expected: Annotated[Path, typer.Option(help="Expected records as JSONL: id, changed, errors.")],
    db: Annotated[
        Path | None, typer.Option(help="The database; tau_retail_db.json beside the tasks if left out.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print each task and the counts as a line of JSON.")] = False,
) -> None:
    """Send every task's writes through the door on a fresh copy, and compare the records that changed."""
    database = db or tasks.with_name("tau_retail_db.json")
    if missing := [str(path) for path in (tasks, expected, database) if not path.is_file()]:
        raise refuse(f"There is no file {missing[0]}.")
    wanted = {line["id"]: line for line in json_lines(expected.read_text("utf-8").splitlines())}
    asked = list(json_lines(tasks.read_text("utf-8").splitlines()))
    counts = asyncio.run(_run(database.read_text("utf-8"), asked, wanted, as_json=as_json))
    if as_json:
        print_json(counts)
    else:
        sys.stdout.write(
            "{matching} of {tasks} tasks match; {writes} writes, {refused} refused; {seconds} s\n".format(**counts)
        )
    if counts["matching"] != counts["tasks"] or not counts["tasks"]:
        raise typer.Exit(1)


async def _run(database: str, asked: list[dict[str, Any]], wanted: dict[str, Any], *, as_json: bool) -> dict[str, Any]:
    import structlog

    from agent.quality.tau.run import results

    structlog.configure(logger_factory=structlog.ReturnLoggerFactory())  # two thousand door lines help nobody here
    start = time.perf_counter()
    counts = {"tasks": 0, "matching": 0, "writes": 0, "refused": 0}
    async for result in results(database, asked, wanted):
        counts["tasks"] += 1
        counts["matching"] += not result.differences
        counts["writes"] += result.writes
        counts["refused"] += len(result.refused)
        if as_json:
            print_json(result.as_dict())
        else:
            sys.stdout.writelines(f"{result.task}: {difference}\n" for difference in result.differences)
    return counts | {"seconds": round(time.perf_counter() - start, 1)}
