"""How sure a search must be to answer: weights and thresholds from labelled questions, and what they would do."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from kb.confidence import confidence_of, evidence
from kb.passage import Reader
from kb.search import Index

#: The share of unanswerable questions that may be answered, and of answerable ones that must at least be offered.
_FALSE, _OFFERED = 0.15, 0.95


@dataclass(frozen=True)
class Asked:
    """What the best hit of a labelled question was worth, whatever the verdict would be."""

    question: str
    found: str  # article and heading
    score: float
    evidence: tuple[float, float, float]
    answerable: bool
    right: bool


async def ask_all(index: Index, questions: Path, half: str, *, on: date) -> list[Asked]:
    """Ask every question of one half of the file."""
    return [await _ask(index, question, by, on=on) for question, by in _labelled(questions, half)]


def rates(asked: Iterable[Asked], threshold: float) -> tuple[float, float]:
    """Return the share of answerable questions answered rightly, and of the others answered at all."""
    asked = list(asked)
    answerable = [one.right and one.score >= threshold for one in asked if one.answerable]
    others = [one.score >= threshold for one in asked if not one.answerable]
    return sum(answerable) / len(answerable), sum(others) / len(others)


def fitted(asked: Sequence[Asked]) -> tuple[float, ...]:
    """Return the weights of the three kinds of evidence, and the bias, that tell right hits from others best."""
    from sklearn.linear_model import LogisticRegression

    known = np.array([one.evidence for one in asked])
    spread, middle = known.std(axis=0), known.mean(axis=0)
    model = LogisticRegression().fit((known - middle) / spread, [one.right for one in asked])
    weights = model.coef_[0] / spread
    return (*(float(weight) for weight in weights), float(model.intercept_[0] - weights @ middle))


def thresholds(asked: Sequence[Asked]) -> tuple[float, float]:
    """Return the two thresholds: to answer, and to suggest."""
    right = sorted((one.score for one in asked if one.right), reverse=True)
    answering = [score for score in right if rates(asked, score)[1] <= _FALSE]
    offered = min(round(_OFFERED * sum(one.answerable for one in asked)), len(right))
    return answering[-1], right[offered - 1]


def _labelled(questions: Path, half: str) -> list[tuple[str, list[str]]]:
    known: dict[str, Any] = yaml.safe_load(questions.read_text(encoding="utf-8"))[half]
    return [(one["ask"], one["by"]) for one in known["answered"]] + [(ask, []) for ask in known["unanswered"]]


async def _ask(index: Index, question: str, by: Sequence[str], *, on: date) -> Asked:
    best = (await index.ranked(question, Reader(on=on)))[0]
    hit, score = best.hit, confidence_of(best.signs)
    found = f"{hit.article}: {hit.heading}"
    return Asked(question, found, score, evidence(best.signs), bool(by), hit.article in by)
