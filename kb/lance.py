"""The store that needs no server: LanceDB, a folder of versioned tables."""

import asyncio
import fcntl
import json
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np

from kb.encoder import DIMENSIONS, Vector
from kb.errors import NoIndexError
from kb.lexicon import Lexicon
from kb.passage import Passage, Reader
from kb.ranking import Candidate
from kb.record import BYTES, LISTS, columns, passage_of, study_of
from kb.shelf import CANDIDATES, INDEXED_FROM, Row, Studies
from kb.study import Study

_TABLE = "passages"
#: Readers look at the version with this tag, which moves only once the version is complete.
_READY = "ready"
#: Measured on 200,000 passages (`firstcontact bench knowledge`): recall against a full scan stays above 0.95.
_PROBES = 24


class LanceShelf:
    """The passages in a folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._opened: _Opened | None = None

    async def lexicon(self) -> Lexicon:
        """Return the words of the last version."""
        return (await self._ready()).lexicon

    async def candidates(self, vector: Vector, stems: Sequence[str], reader: Reader) -> Sequence[Candidate]:
        """Return the passages for this reader that are nearest by vector or share stems, each once."""
        opened = await self._ready()
        table = opened.table
        near = table.query().nearest_to(vector).column("vector").distance_type("cosine").nprobes(_PROBES)
        searches = [near.select(["_distance"])]
        if stems:
            searches.append(table.query().nearest_to_text(_any_of(stems)).select(["_score"]))
        if condition := opened.limits.condition(reader):
            searches = [one.where(condition) for one in searches]
        narrowed = [one.limit(CANDIDATES).with_row_id() for one in searches]
        found = await asyncio.gather(*(one.to_arrow() for one in narrowed))
        places = dict.fromkeys(place for one in found for place in one["_rowid"].to_pylist())
        if not places:
            return []
        rows = await table.take_row_ids(list(places)).to_arrow()
        return [Candidate(passage_of(row), known) for row, known in _rows(rows)]

    async def studies(self) -> Studies:
        """Return what the last version knows, by content key; nothing where there is no version yet."""
        try:
            table = (await self._ready()).table
        except NoIndexError:
            return {}
        kept = await table.query().select(["key", "vector", "question", "stems", *BYTES]).to_arrow()
        return {row["key"]: known for row, known in _rows(kept)}

    async def agreement(self, vector: Vector, k: int = 10) -> float:
        """Return which share of the k nearest passages by a full scan the index finds too."""
        table = (await self._ready()).table
        near = table.query().nearest_to(vector).column("vector").distance_type("cosine").nprobes(_PROBES).limit(k)
        scan = table.query().nearest_to(vector).column("vector").distance_type("cosine").bypass_vector_index().limit(k)
        found = [(await one.select(["key", "_distance"]).to_arrow())["key"].to_pylist() for one in (near, scan)]
        return len(set(found[0]) & set(found[1])) / k

    async def replace(self, rows: Sequence[Row]) -> None:
        """Make these the passages, in one step for readers."""
        from lancedb.index import FTS

        database = await _connect(self._folder)
        exists = _TABLE in (await database.list_tables()).tables
        arrow = await asyncio.to_thread(_table_of, rows)
        table = await database.create_table(_TABLE, arrow, mode="overwrite" if exists else "create")
        words = FTS(base_tokenizer="whitespace", stem=False, remove_stop_words=False, ascii_folding=False)
        await table.create_index("stems", config=words)
        if len(rows) >= INDEXED_FROM:
            await table.create_index("vector", config=_vector_index(len(rows)))
        version = await table.version()
        lexicon = Lexicon.of(study.stems for _, _, study in rows)
        limits = _Limits.of([passage for _, passage, _ in rows])
        self._about(version).write_text(json.dumps([lexicon.dumps(), limits.dumps()]))
        tag = table.tags.update if _READY in await table.tags.list() else table.tags.create
        await tag(_READY, version)
        # Not at once: a search in another process may still be reading the version before.
        await table.optimize(cleanup_older_than=timedelta(hours=1))

    async def _ready(self) -> "_Opened":
        if self._opened is None:
            self._opened = await self._open()
        elif (await _version(self._opened.table)) != self._opened.version:
            # Another table object, never a check-out of this one: a search under way reads by row id.
            self._opened = await self._open()
        return self._opened

    async def _open(self) -> "_Opened":
        database = await _connect(self._folder)
        if _TABLE not in (await database.list_tables()).tables:
            raise NoIndexError(str(self._folder))
        table = await database.open_table(_TABLE)
        version = await _version(table)
        await table.checkout(version)
        lexicon, limits = json.loads(self._about(version).read_text())
        return _Opened(version, table, Lexicon.loads(lexicon), _Limits.loads(*limits))

    def _about(self, version: int) -> Path:
        return self._folder / f"about-{version}.json"


@dataclass(frozen=True)
class _Opened:
    version: int
    table: Any
    lexicon: Lexicon
    limits: "_Limits"


@asynccontextmanager
async def only_writer(folder: Path) -> AsyncIterator[None]:
    """Wait until no other process writes into the folder, and keep others waiting."""
    await asyncio.to_thread(folder.mkdir, parents=True, exist_ok=True)
    with (folder / "writing").open("w") as file:
        await asyncio.to_thread(fcntl.flock, file, fcntl.LOCK_EX)
        yield


async def _version(table: Any) -> int:
    tags = await table.tags.list()
    if _READY not in tags:
        raise NoIndexError("the first version is still being written")
    return int(tags[_READY]["version"])


def _vector_index(count: int) -> Any:
    from lancedb.index import IvfSq

    return IvfSq(distance_type="cosine", num_partitions=max(16, round(count**0.5)))


def _any_of(stems: Sequence[str]) -> Any:
    from lancedb.query import MatchQuery

    # Not the bare string: a MatchQuery has no operators, so quotes and brackets in a message are only characters.
    return MatchQuery(" ".join(stems), "stems")


@dataclass(frozen=True)
class _Limits:
    """What narrows a version's passages at all; a condition that all of them meet would cost a scan of them."""

    begun: date = date.min
    ended: date = date.max
    narrowed: tuple[str, ...] = ()

    @classmethod
    def of(cls, passages: Sequence[Passage]) -> "_Limits":
        """Return the last day one begins, the first day one ends, and which lists any of them has."""
        narrowed = tuple(name for name in LISTS if any(getattr(passage, name) for passage in passages))
        begun, ended = (passage.effective for passage in passages), (passage.until for passage in passages)
        return cls(max(begun, default=date.min), min(ended, default=date.max), narrowed)

    def condition(self, reader: Reader) -> str:
        """Return the condition; a reader's words are small letters and digits, so they cannot end the string."""
        dates = [f"effective <= date '{reader.on}'"] if reader.on < self.begun else []
        dates += [f"until > date '{reader.on}'"] if reader.on >= self.ended else []
        asked = {"channels": reader.channel, "regions": reader.region, "plans": reader.plan}
        known = [(name, asked[name]) for name in self.narrowed if asked[name] is not None]
        return " AND ".join([*dates, *(f"({name} = '' OR {name} LIKE '% {value} %')" for name, value in known)])

    def dumps(self) -> list[object]:
        """Return it as JSON holds it."""
        return [self.begun.isoformat(), self.ended.isoformat(), list(self.narrowed)]

    @classmethod
    def loads(cls, begun: str, ended: str, narrowed: Sequence[str]) -> "_Limits":
        """Read what `dumps` wrote."""
        return cls(date.fromisoformat(begun), date.fromisoformat(ended), tuple(narrowed))


def _table_of(rows: Sequence[Row]) -> Any:
    import pyarrow

    kept = [columns(*row) for row in rows]
    types = {"effective": pyarrow.date32(), "until": pyarrow.date32(), "reviewed": pyarrow.date32()}
    types |= dict.fromkeys(BYTES, pyarrow.binary())
    names = list(kept[0])
    arrays = {name: pyarrow.array([row[name] for row in kept], types.get(name, pyarrow.string())) for name in names}
    for name in ("vector", "question"):
        flat = np.array([getattr(study, name) for _, _, study in rows], np.float32).ravel()
        arrays[name] = pyarrow.FixedSizeListArray.from_arrays(flat, DIMENSIONS)
    return pyarrow.table(arrays)


def _rows(table: Any) -> Iterator[tuple[dict[str, Any], Study]]:
    """Yield each row with its study; vectors are taken from their column whole, which is ten times as fast."""
    vectors, questions = _matrix(table["vector"]), _matrix(table["question"])
    for place, row in enumerate(table.drop_columns(["vector", "question"]).to_pylist()):
        yield row, study_of(row, vectors[place], questions[place])


def _matrix(column: Any) -> Vector:
    flat = column.combine_chunks().flatten().to_numpy(zero_copy_only=False)
    return np.asarray(flat, np.float32).reshape(-1, DIMENSIONS)


async def _connect(folder: Path) -> Any:
    # LanceDB takes a second to import; only a process that searches or builds pays it, and not before it does.
    import lancedb

    return await lancedb.connect_async(folder)
