"""Whether the best hit answers, only resembles, or misses the question."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from kb.passage import Hit
from kb.ranking import Ranked

#: Chosen on the calibrating half of tests/kb/questions.yaml by `python -m kb.calibrate`. Other articles need their own.
ANSWER_FROM = 0.44
SUGGEST_FROM = 0.34
_BY_TOKEN = 0.65


class SearchVerdict(StrEnum):
    """What a search found."""

    #: The first hit answers the question.
    ANSWER = "answer"
    #: The hits are near the question; the customer chooses.
    SUGGEST = "suggest"
    #: Nothing here is about the question.
    NONE = "none"


@dataclass(frozen=True)
class SearchResult:
    """What was found, the best first. With the verdict none the hits are for records, not for saying."""

    verdict: SearchVerdict
    confidence: float
    hits: tuple[Hit, ...]


def judged(found: Sequence[Ranked]) -> SearchResult:
    """Return the hits with the verdict that the best one's signs allow."""
    hits = tuple(one.hit for one in found)
    confidence = confidence_of(found[0].signs) if found else 0.0
    return SearchResult(verdict_of(confidence), confidence, hits)


def confidence_of(signs: Mapping[str, float]) -> float:
    """Return how likely it is that a passage with these signs answers, from 0 to 1."""
    meaning = max(signs[name] for name in ("whole", "chunk", "question", "sentence"))
    # That every word of the question finds its like tells a near miss apart better than the whole meaning does.
    return min(max((1 - _BY_TOKEN) * meaning + _BY_TOKEN * signs["tokens"], 0.0), 1.0)


def verdict_of(confidence: float) -> SearchVerdict:
    """Return what may be said at this confidence."""
    if confidence >= ANSWER_FROM:
        return SearchVerdict.ANSWER
    return SearchVerdict.SUGGEST if confidence >= SUGGEST_FROM else SearchVerdict.NONE
