"""What each threshold would do on labelled questions: python -m kb.calibrate tests/kb/questions.yaml calibrating."""

import asyncio
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import yaml

from kb.encoder import Encoder, build_encoder
from kb.ingest import build_index
from kb.search import Index

_KB = Path(__file__).parent


@dataclass(frozen=True)
class Asked:
    """What the best hit of a labelled question was worth, whatever the verdict would be."""

    question: str
    found: str  # article and heading
    score: float
    answerable: bool
    right: bool


async def ask_all(index: Index, questions: Path, half: str, *, on: date) -> list[Asked]:
    """Ask every question of one half of the file."""
    return [await _ask(index, question, by, on=on) for question, by in _labelled(questions, half)]


def rates(asked: Iterable[Asked], threshold: float) -> tuple[float, float]:
    """Return the share of answerable questions answered rightly, and of the others answered at all."""
    answerable = [one.right and one.score >= threshold for one in asked if one.answerable]
    others = [one.score >= threshold for one in asked if not one.answerable]
    return sum(answerable) / len(answerable), sum(others) / len(others)


def _labelled(questions: Path, half: str) -> list[tuple[str, list[str]]]:
    known: dict[str, Any] = yaml.safe_load(questions.read_text(encoding="utf-8"))[half]
    return [(one["ask"], one["by"]) for one in known["answered"]] + [(ask, []) for ask in known["unanswered"]]


async def _ask(index: Index, question: str, by: Sequence[str], *, on: date) -> Asked:
    found = await index.search(question, on=on)
    best = found.hits[0]
    return Asked(question, f"{best.article}: {best.heading}", found.confidence, bool(by), best.article in by)


async def _report(questions: Path, half: str) -> Iterable[str]:
    encoder = Encoder(build_encoder(_KB.parent / "var" / "encoder", print).parent)
    with TemporaryDirectory() as folder:
        await build_index([_KB / "policies", _KB / "articles"], Path(folder), encoder)
        asked = await ask_all(Index(Path(folder), encoder), questions, half, on=date.today())
    lines = []
    for one in sorted(asked, key=lambda one: -one.score):
        mark = " " if not one.answerable else "✓" if one.right else "✗"
        lines.append(f"{one.score:.3f} {mark} {one.question} → {one.found}")
    for threshold in range(30, 66, 2):
        right, false = rates(asked, threshold / 100)
        lines.append(f"from {threshold / 100:.2f}: {right:.0%} answered rightly, {false:.0%} false answers")
    return lines


if __name__ == "__main__":
    sys.stdout.write("\n".join(asyncio.run(_report(Path(sys.argv[1]), sys.argv[2]))) + "\n")
