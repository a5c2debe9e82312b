"""Prints what each threshold would do on a half of the questions: python tests/kb/calibrate.py calibrating."""

import asyncio
import sys
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import yaml

from kb.encoder import Encoder, build_encoder
from kb.ingest import build_index
from kb.search import Index

ROOT = Path(__file__).parents[2]
ON = date(2026, 11, 23)


@dataclass(frozen=True)
class Asked:
    """What the best hit of a question was worth."""

    answerable: bool
    right: bool
    score: float
    question: str
    found: str


async def ask_all(index: Index, half: str) -> list[Asked]:
    """Ask every question of a half; the scores come from before the verdict, so no threshold hides them."""
    questions: dict[str, Any] = yaml.safe_load((Path(__file__).parent / "questions.yaml").read_text(encoding="utf-8"))
    known = [(one["ask"], one["by"]) for one in questions[half]["answered"]]
    known += [(ask, []) for ask in questions[half]["unanswered"]]
    return [await _ask(index, ask, by) for ask, by in known]


async def _ask(index: Index, ask: str, by: list[str]) -> Asked:
    hits = await index.nearest(ask, on=ON)
    return Asked(bool(by), hits[0].article in by, hits[0].score, ask, f"{hits[0].article}: {hits[0].heading}")


def rates(asked: list[Asked], threshold: float) -> tuple[float, float]:
    """Return the share of answerable questions answered right, and of unanswerable ones answered at all."""
    answerable = [one for one in asked if one.answerable]
    others = [one for one in asked if not one.answerable]
    right = sum(one.right and one.score >= threshold for one in answerable)
    false = sum(one.score >= threshold for one in others)
    return right / len(answerable), false / len(others)


async def _main(half: str) -> None:
    build_encoder(ROOT / "var" / "encoder", print)
    encoder = Encoder(ROOT / "var" / "encoder")
    with TemporaryDirectory() as folder:
        await build_index([ROOT / "kb" / "policies", ROOT / "kb" / "articles"], Path(folder), encoder)
        asked = await ask_all(Index(Path(folder), encoder), half)
    for one in sorted(asked, key=lambda one: -one.score):
        sign = "  " if not one.answerable else "ok" if one.right else "XX"
        print(f"{one.score:.3f} {sign} {one.question} → {one.found}")  # noqa: T201
    for threshold in np.arange(0.30, 0.66, 0.02):
        right, false = rates(asked, threshold)
        print(f"from {threshold:.2f}: {right:.0%} answered right, {false:.0%} false answers")  # noqa: T201


if __name__ == "__main__":
    asyncio.run(_main(sys.argv[1]))
