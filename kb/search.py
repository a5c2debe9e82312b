"""The index of what customers may read: sections found by meaning and by words."""

import asyncio
import re
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from kb.article import ArticleKind
from kb.encoder import DIMENSIONS, Encoder
from kb.ranking import COLUMNS, Hit, SearchResult, SearchVerdict, judged, ranked

__all__ = ["Hit", "Index", "Passage", "SearchResult", "SearchVerdict", "write_passages"]

_TABLE = "passages"
#: Readers look at the version with this tag, which moves only once the version is complete.
_READY = "ready"
#: Rows each search brings; a section has several, so this is some twenty sections.
_CANDIDATES = 60
_SENTENCE_END = re.compile(r"(?<=[.!?])\s+|\n+")


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


class Index:
    """Searches the passages at `path`; a rebuilt index is seen by the next search."""

    def __init__(self, path: Path, encoder: Encoder) -> None:
        self._path = path
        self._encoder = encoder
        self._opened: Any = None

    async def search(self, query: str, *, on: date, k: int = 5) -> SearchResult:
        """Return the sections in force on the date that fit the query best, if they fit well enough."""
        return judged(await self.nearest(query, on=on, k=k))

    async def nearest(self, query: str, *, on: date, k: int = 5) -> tuple[Hit, ...]:
        """Return the sections in force on the date that fit the query best, however badly."""
        vector = (await asyncio.to_thread(self._encoder.encode, [query]))[0]
        table = await self._table()
        in_force = f"effective <= date '{on}' AND until > date '{on}'"
        columns = [*COLUMNS, "words", "vector"]
        near = table.query().nearest_to(vector).distance_type("cosine").select([*columns, "_distance"])
        worded = table.query().nearest_to_text(_any_word_of(query)).select([*columns, "_score"])
        rows = await asyncio.gather(*(one.where(in_force).limit(_CANDIDATES).to_list() for one in (near, worded)))
        return ranked(vector, *rows)[:k]

    async def _table(self) -> Any:
        if self._opened is None:
            self._opened = await (await _connect(self._path)).open_table(_TABLE)
        await self._opened.checkout(_READY)  # a millisecond, and a new version is seen at once
        return self._opened


async def write_passages(passages: Sequence[Passage], index: Path, encoder: Encoder) -> None:
    """Replace the index's passages; readers keep the old ones until the new ones can be searched in both ways."""
    from lancedb.index import FTS

    database = await _connect(index)
    rows = await asyncio.to_thread(_rows, passages, encoder)
    exists = _TABLE in (await database.list_tables()).tables
    table = await database.create_table(_TABLE, rows, mode="overwrite" if exists else "create")
    await table.create_index("words", config=FTS(stem=True, remove_stop_words=True, ascii_folding=True))
    tag = table.tags.update if _READY in await table.tags.list() else table.tags.create
    await tag(_READY, await table.version())
    # Not at once: a search in another process may still be reading the version before.
    await table.optimize(cleanup_older_than=timedelta(hours=1))


def _rows(passages: Sequence[Passage], encoder: Encoder) -> Any:
    import pyarrow

    said = [(asdict(passage), words) for passage in passages for words in _ways_to_say(passage)]
    words = [each for _, each in said]
    vectors = pyarrow.FixedSizeListArray.from_arrays(encoder.encode(words).ravel(), DIMENSIONS)
    table = pyarrow.Table.from_pylist([row for row, _ in said])
    return table.append_column("words", pyarrow.array(words)).append_column("vector", vectors)


def _ways_to_say(passage: Passage) -> Iterator[str]:
    # A question is about one sentence of a section as often as about all of it, and a sentence is lost in the mean.
    yield f"{passage.title}. {passage.heading}. {passage.text}"
    for sentence in _SENTENCE_END.split(passage.text):
        if len(sentence) > 8:  # neither a list's number nor "Yes."
            yield f"{passage.heading} {sentence}"


def _any_word_of(query: str) -> Any:
    from lancedb.query import MatchQuery

    # Not the bare string: a MatchQuery has no operators, so quotes and brackets in a message are only characters.
    return MatchQuery(query, "words")


async def _connect(path: Path) -> Any:
    # LanceDB takes a second to import; only a process that searches or builds pays it, and not before it does.
    import lancedb

    return await lancedb.connect_async(path)
