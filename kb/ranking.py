"""From found rows to hits in order, and whether the best one answers, only resembles, or misses the question."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date
from enum import StrEnum
from typing import Any

import numpy as np

from kb.article import ArticleKind
from kb.encoder import Vector

#: Chosen on the calibrating half of tests/kb/questions.yaml by tests/kb/calibrate.py: it
#: answers 85 % rightly, because a wrong answer costs more than a list to choose from. Other articles need their own.
ANSWER_FROM = 0.52
SUGGEST_FROM = 0.34
#: How much shared words add to shared meaning. Little: customers seldom use the article's words.
_WORDS = 0.1
#: The BM25 score that counts half.
_WORDS_HALF = 10.0
#: How much a policy is preferred to an article that fits as well.
_POLICY = 0.02


class SearchVerdict(StrEnum):
    """What a search found."""

    #: The first hit answers the question.
    ANSWER = "answer"
    #: The hits are near the question; the customer chooses.
    SUGGEST = "suggest"
    #: Nothing here is about the question.
    NONE = "none"


@dataclass(frozen=True, kw_only=True)
class Hit:
    """A section that was found, with how well it fits."""

    article: str
    title: str
    kind: ArticleKind
    effective: date
    reviewed: date
    heading: str
    text: str
    score: float
    url: str


@dataclass(frozen=True)
class SearchResult:
    """What was found, the best first; none when the verdict is none."""

    verdict: SearchVerdict
    confidence: float
    hits: tuple[Hit, ...]


#: What a hit takes from a row.
COLUMNS = tuple(field.name for field in fields(Hit) if field.name != "score")


def ranked(vector: Vector, near: Sequence[Mapping[str, Any]], worded: Sequence[Mapping[str, Any]]) -> tuple[Hit, ...]:
    """Return the sections of both searches' rows, the best first, each by the row that fits best."""
    shared = {row["words"]: float(row["_score"]) for row in worded}
    hits = sorted((_hit(vector, row, shared) for row in (*near, *worded)), key=lambda hit: hit.score)
    best = {(hit.article, hit.effective, hit.heading): hit for hit in hits}
    return tuple(sorted(best.values(), key=lambda hit: -hit.score))


def judged(hits: Iterable[Hit]) -> SearchResult:
    """Return the hits with the verdict that the best one's score allows."""
    found = tuple(hits)
    confidence = min(max(found[0].score, 0.0), 1.0) if found else 0.0
    if confidence >= ANSWER_FROM:
        return SearchResult(SearchVerdict.ANSWER, confidence, found)
    if confidence >= SUGGEST_FROM:
        return SearchResult(SearchVerdict.SUGGEST, confidence, found)
    return SearchResult(SearchVerdict.NONE, confidence, ())


def _hit(vector: Vector, row: Mapping[str, Any], shared: Mapping[str, float]) -> Hit:
    meaning = float(np.dot(vector, np.asarray(row["vector"], np.float32)))
    words = shared.get(row["words"], 0.0)
    kind = ArticleKind(row["kind"])
    fit = meaning + _WORDS * words / (words + _WORDS_HALF) + (_POLICY if kind is ArticleKind.POLICY else 0.0)
    return Hit(**{name: row[name] for name in COLUMNS if name != "kind"}, kind=kind, score=round(fit, 4))
