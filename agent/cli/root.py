"""What every command shares: the root and its families, the settings, and what must exist before a start.

Command files import heavy packages inside their functions, so that `firstcontact --help` answers at once.
"""

import asyncio
import json
import sys
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Any

import typer
from pydantic import ValidationError
from rich.console import Console

from agent.settings import Settings


def _family(name: str, about: str) -> typer.Typer:
    family = typer.Typer(no_args_is_help=True, help=about)
    app.add_typer(family, name=name)
    return family


app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)
kb = _family("kb", "Check, build and search what the company knows.")
evaluate = _family("eval", "Measure a part against labelled data or conversations.")
train = _family("train", "Make a committed model anew.")
console = Console(stderr=True)


def ready_settings() -> Settings:
    """Return the settings, with the folder of run-time files made."""
    try:
        settings = Settings()
    except ValidationError as invalid:
        # Without its values: one of them may be a key.
        found = invalid.errors(include_input=False, include_url=False, include_context=False)[0]
        name = ".".join(str(part) for part in found["loc"]).upper()
        raise refuse(f"{name}: {found['msg']}" if name else found["msg"].removeprefix("Value error, ")) from None
    settings.home.mkdir(parents=True, exist_ok=True)
    return settings


def prepare_all(settings: Settings) -> None:
    """Make what the first start needs, showing what is being made."""
    from agent.prepare import prepare  # the other commands start faster without

    with console.status("Preparing…") as status:
        asyncio.run(prepare(settings, now=datetime.now(UTC), progress=lambda line: status.update(f"{line}…")))


def refuse(sentence: str) -> typer.Exit:
    """Say in one sentence what is wrong, and return the exit to raise."""
    console.print(sentence, markup=False)
    return typer.Exit(2)


def json_lines(lines: Iterable[str]) -> Iterator[dict[str, Any]]:
    """Yield the object on each line; the first line that holds none is named and ends the command."""
    for number, line in enumerate(lines, start=1):
        try:
            found = json.loads(line)
        except ValueError:
            found = None
        if not isinstance(found, dict):
            raise refuse(f"Line {number} is not a JSON object.")
        yield found


def print_json(line: dict[str, Any]) -> None:
    """Print one object as a line of JSON."""
    sys.stdout.write(json.dumps(line, ensure_ascii=False, default=str) + "\n")
    sys.stdout.flush()
