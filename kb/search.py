"""Passages by meaning and by words, and whether they answer, only resemble, or miss the question."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Any

import numpy as np

from kb.article import ArticleKind
from kb.encoder import DIMENSIONS, Encoder, Vector

_TABLE = "passages"
#: Readers look at the version with this tag, which moves only once the version is complete.
_READY = "ready"
_CANDIDATES = 20

#: Chosen on the calibrating half of tests/kb/questions.yaml by tests/kb/calibrate.py; a company with other articles
#: measures its own.
ANSWER_FROM = 0.55
SUGGEST_FROM = 0.40
#: How much shared words add to shared meaning, and how much a policy is preferred to an article about the same.
_WORDS = 0.2
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
class Passage:
    """A section as the index keeps it; in force from `effective` until the day before `until`."""

    article: str
    title: str
    kind: ArticleKind
    effective: date
    until: date
    reviewed: date
    url: str
    heading: str
    text: str


@dataclass(frozen=True, kw_only=True)
class Hit:
    """A passage that was found, with how well it fits."""

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


class Index:
    """Searches the passages at `path`; a rebuilt index is seen by the next search."""

    def __init__(self, path: Path, encoder: Encoder) -> None:
        self._path = path
        self._encoder = encoder
        self._opened: Any = None

    async def search(self, query: str, *, on: date, k: int = 5) -> SearchResult:
        """Return the passages in force on the date that are nearest to the query."""
        vector = (await asyncio.to_thread(self._encoder.encode, [query]))[0]
        table = await self._table()
        columns = [*Hit.__dataclass_fields__.keys() - {"score"}, "vector"]
        in_force = f"effective <= date '{on}' AND until > date '{on}'"
        near = table.query().nearest_to(vector).distance_type("cosine")
        worded = table.query().nearest_to_text(_words(query))
        found = await asyncio.gather(
            near.where(in_force).select([*columns, "_distance"]).limit(_CANDIDATES).to_list(),
            worded.where(in_force).select([*columns, "_score"]).limit(_CANDIDATES).to_list(),
        )
        hits = fused(vector, *found)[:k]
        return judged(hits)

    async def _table(self) -> Any:
        if self._opened is None:
            self._opened = await (await _connect(self._path)).open_table(_TABLE)
        await self._opened.checkout(_READY)  # a millisecond, and a new version is seen at once
        return self._opened


def fused(vector: Vector, near: Sequence[Mapping[str, Any]], worded: Sequence[Mapping[str, Any]]) -> tuple[Hit, ...]:
    """Return the rows of both searches as hits, the best first."""
    shared = {_place(row): float(row["_score"]) for row in worded}
    rows = {_place(row): row for row in (*near, *worded)}
    hits = (_hit(row, score(vector, row, shared.get(place, 0.0))) for place, row in rows.items())
    return tuple(sorted(hits, key=lambda hit: -hit.score))


def score(vector: Vector, row: Mapping[str, Any], bm25: float) -> float:
    """Return how well a row fits: meaning first, then shared words, then authority."""
    meaning = float(np.dot(vector, np.asarray(row["vector"], np.float32)))
    return meaning + _WORDS * bm25 / (bm25 + 10) + (_POLICY if row["kind"] == ArticleKind.POLICY else 0)


def judged(hits: tuple[Hit, ...]) -> SearchResult:
    """Return the hits with the verdict that the best one's score allows."""
    confidence = min(max(hits[0].score, 0.0), 1.0) if hits else 0.0
    if confidence >= ANSWER_FROM:
        return SearchResult(SearchVerdict.ANSWER, confidence, hits)
    if confidence >= SUGGEST_FROM:
        return SearchResult(SearchVerdict.SUGGEST, confidence, hits)
    return SearchResult(SearchVerdict.NONE, confidence, ())


async def write_passages(passages: Sequence[Passage], index: Path, encoder: Encoder) -> None:
    """Replace the index's passages; readers keep the old ones until the new ones can be searched in both ways."""
    from lancedb.index import FTS

    database = await _connect(index)
    rows = await asyncio.to_thread(_rows, passages, encoder)
    exists = _TABLE in (await database.list_tables()).tables
    table = await database.create_table(_TABLE, rows, mode="overwrite" if exists else "create")
    await table.create_index("words", config=FTS(stem=True, remove_stop_words=True, ascii_folding=True))
    version = await table.version()
    if exists:
        await table.tags.update(_READY, version)
    else:
        await table.tags.create(_READY, version)
    await table.optimize(cleanup_older_than=timedelta(hours=1))


def _rows(passages: Sequence[Passage], encoder: Encoder) -> Any:
    import pyarrow

    said = [f"{passage.title}. {passage.heading}. {passage.text}" for passage in passages]
    vectors = pyarrow.FixedSizeListArray.from_arrays(encoder.encode(said).ravel(), DIMENSIONS)
    table = pyarrow.Table.from_pylist([asdict(passage) for passage in passages])
    return table.append_column("words", pyarrow.array(said)).append_column("vector", vectors)


def _words(query: str) -> Any:
    from lancedb.query import MatchQuery

    # Not the bare string: a MatchQuery has no operators, so quotes and brackets in a message are only characters.
    return MatchQuery(query, "words")


async def _connect(path: Path) -> Any:
    # LanceDB takes a second to import; only a process that searches or builds pays it, and not before it does.
    import lancedb

    return await lancedb.connect_async(path)


def _place(row: Mapping[str, Any]) -> tuple[str, str, date]:
    return row["article"], row["heading"], row["effective"]


def _hit(row: Mapping[str, Any], fit: float) -> Hit:
    known = {name: row[name] for name in Hit.__dataclass_fields__ if name not in ("score", "kind")}
    return Hit(**known, kind=ArticleKind(row["kind"]), score=round(fit, 4))
