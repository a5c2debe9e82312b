"""`firstcontact understand`: what messages mean, one a line."""

import sys
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from agent.cli.eval_intents import read_rows, scoring
from agent.cli.root import app, json_lines, print_json, ready_settings, refuse

if TYPE_CHECKING:
    from agent.understand.base import Understanding
    from agent.understand.head import Scores

#: A longer message is refused, as the door of the chat refuses it.
LONGEST = 4000
#: Below this confidence a fitted head's verdict counts as out of scope.
FITTED_SURE = 0.3


@app.command()
def understand(
    *,
    jsonl: Annotated[bool, typer.Option("--jsonl", help="Read lines of {text, state?} from standard input.")] = False,
    train: Annotated[Path | None, typer.Option(help="Fit the head on these rows instead of what ships.")] = None,
) -> None:
    """Print for each line {"intent", "in_scope", "confidence", "commands"} and what else was seen.

    `state` is what the conversation is at, all of it optional: "asked" (the slot whose question is open), "choices"
    ([{"id", "label"}], its buttons), "ticket_type" and "slots" (the open case), "offered" (true while a confirmation
    is shown), "code" (true while a one-time code is awaited). With --train only the head's verdict is printed: the
    label, its confidence, and "out_of_scope" from 0 to 1; lines may name the `bot` whose labels count.
    """
    if not jsonl:
        raise refuse("Give --jsonl and one JSON object a line on standard input.")
    answer = _fitted(train) if train else _shipped()
    for number, line in enumerate(json_lines(one for one in sys.stdin if one.strip()), start=1):
        text = line.get("text")
        if not isinstance(text, str):
            raise refuse(f"Line {number} has no text.")
        if len(text) > LONGEST:
            raise refuse(f"Line {number} is longer than {LONGEST} characters.")
        print_json(answer(number, line))


def _shipped() -> Callable[[int, dict[str, Any]], dict[str, Any]]:
    from agent.understand.embedded import EmbeddedUnderstand
    from agent.understand.situation import SituationError, situation
    from kb.encoder import Encoder, build_encoder

    home = ready_settings().home
    build_encoder(home / "encoder", lambda _: None)
    understanding = EmbeddedUnderstand(Encoder(home / "encoder"), home / "heads")
    understanding.prepare()

    def answer(number: int, line: dict[str, Any]) -> dict[str, Any]:
        try:
            state = situation(line.get("state") or {})
        except SituationError as wrong:
            raise refuse(f"Line {number}: {wrong}") from None
        return _shown(understanding.understand(state, line["text"]))

    return answer


def _shown(found: "Understanding") -> dict[str, Any]:
    return {
        "intent": found.intent,
        "in_scope": found.in_scope,
        "confidence": round(found.confidence, 4),
        "commands": [{"command": type(one).__name__, **asdict(one)} for one in found.commands],
        "out_of_scope": round(found.out_of_scope, 4),
        "signals": sorted(found.signals),
        "language": found.language,
    }


def _fitted(train: Path) -> Callable[[int, dict[str, Any]], dict[str, Any]]:
    rows = read_rows(train)
    heads: dict[str, Callable[[str], Scores]] = {}

    def answer(_number: int, line: dict[str, Any]) -> dict[str, Any]:
        bot = str(line.get("bot") or "")
        if bot not in heads:
            heads[bot] = scoring([row for row in rows if not bot or row.bot in ("", bot)])
        found = heads[bot](line["text"])
        intent, confidence = found.best[0], found.confidence
        return {
            "intent": intent,
            "in_scope": intent != "out_of_scope" and confidence >= FITTED_SURE,
            "confidence": round(confidence, 4),
            "commands": [],
            "out_of_scope": round(found.out_of_scope, 4),
        }

    return answer
