"""Retrieval on labelled collections: ours beside BM25 alone, vector alone and plain rank fusion, in the same run."""

import asyncio
import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypeAlias

import numpy as np

from kb.encoder import Encoder
from kb.ingest import write_index
from kb.lexicon import Lexicon
from kb.passage import Passage
from kb.search import Index
from kb.shelf import Progress
from kb.words import stems

#: How many of a ranking count, and the constant of plain rank fusion, as in the paper that proposed it (Cormack 2009).
_DEPTH, _FUSION, _FUSED = 10, 60, 100
Ranking: TypeAlias = Sequence[str]


class Half(StrEnum):
    """Which questions of a collection; only those of the tuning half ever chose a weight."""

    TUNE = "tune"
    REPORT = "report"
    ALL = "all"


@dataclass(frozen=True)
class Query:
    """A labelled question: the ids of the passages that answer it."""

    id: str
    text: str
    relevant: frozenset[str]

    @property
    def half(self) -> Half:
        """Return whether it may choose something or is only ever reported on."""
        return Half.REPORT if hashlib.sha256(self.id.encode()).digest()[-1] % 2 else Half.TUNE


@dataclass(frozen=True)
class Collection:
    """Passages and labelled questions of one source."""

    name: str
    passages: tuple[Passage, ...]
    queries: tuple[Query, ...]


@dataclass(frozen=True)
class Scores:
    """Means over the questions, in percent."""

    recall_at_5: float
    hit_at_5: float
    mrr_at_10: float


def read_collection(path: Path) -> Collection:
    """Read lines of type meta, passage and query."""
    lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
    name = next((line["set"] for line in lines if line["type"] == "meta"), path.stem)
    passages = [line for line in lines if line["type"] == "passage"]
    queries = [line for line in lines if line["type"] == "query"]
    return Collection(
        name=name,
        passages=tuple(Passage(article=one["id"], title=one.get("title", ""), text=one["text"]) for one in passages),
        queries=tuple(Query(one["id"], one["text"], frozenset(one["relevant"])) for one in queries if one["relevant"]),
    )


async def measure(
    collection: Collection, encoder: Encoder, half: Half, progress: Progress | None = None
) -> dict[str, Scores]:
    """Return the scores of each way to rank, over one half of the questions or all."""
    asked = [query for query in collection.queries if half in (Half.ALL, query.half)]
    rankings = await _rivals(collection, asked, encoder)
    with TemporaryDirectory() as folder:
        await write_index(collection.passages, Path(folder), encoder, progress)
        index = Index(Path(folder), encoder)
        rankings["ours"] = [await _ours(index, query.text) for query in asked]
    return {name: _scores(asked, found) for name, found in rankings.items()}


async def _ours(index: Index, question: str) -> Ranking:
    hits = await index.nearest(question, on=date.today(), k=5 * _DEPTH)
    return list(dict.fromkeys(hit.article for hit in hits))[:_DEPTH]


async def _rivals(collection: Collection, asked: Sequence[Query], encoder: Encoder) -> dict[str, list[Ranking]]:
    texts = [f"{passage.title}. {passage.text}" if passage.title else passage.text for passage in collection.passages]
    ids = [passage.article for passage in collection.passages]
    said = [stems(text) for text in texts]
    lexicon = Lexicon.of(said)
    words = np.array([[lexicon.bm25(stems(query.text), one) for one in said] for query in asked])
    vectors = await asyncio.to_thread(lambda: np.stack([encoder.read_once(text).vector for text in texts]))
    meaning = np.stack([encoder.read(query.text).vector for query in asked]) @ vectors.T
    by_words, by_meaning = (np.argsort(-scores, axis=1, kind="stable")[:, :_FUSED] for scores in (words, meaning))
    fused = [_fused(pair) for pair in zip(by_words, by_meaning, strict=True)]
    places: dict[str, Sequence[Sequence[int]]] = {
        "BM25 alone": by_words.tolist(),
        "vector alone": by_meaning.tolist(),
        "rank fusion": fused,
    }
    return {name: [[ids[place] for place in found[:_DEPTH]] for found in ways] for name, ways in places.items()}


def _fused(rankings: Iterable[Iterable[int]]) -> list[int]:
    score: dict[int, float] = {}
    for ranking in rankings:
        for rank, place in enumerate(ranking, start=1):
            score[place] = score.get(place, 0.0) + 1 / (_FUSION + rank)
    return sorted(score, key=lambda place: -score[place])


def _scores(asked: Sequence[Query], rankings: Sequence[Ranking]) -> Scores:
    found = [[one in query.relevant for one in ranking] for query, ranking in zip(asked, rankings, strict=True)]
    recall = [sum(hits[:5]) / len(query.relevant) for query, hits in zip(asked, found, strict=True)]
    rank = [1 / (hits.index(True) + 1) if True in hits else 0.0 for hits in found]
    return Scores(*(100 * float(np.mean(of)) for of in (recall, [any(hits[:5]) for hits in found], rank)))


def gains(measured: Mapping[str, Scores]) -> Scores:
    """Return by how much ours is above the best of the others, per figure."""
    names = ("recall_at_5", "hit_at_5", "mrr_at_10")
    others = [scores for name, scores in measured.items() if name != "ours"]
    return Scores(*(getattr(measured["ours"], name) - max(getattr(one, name) for one in others) for name in names))
