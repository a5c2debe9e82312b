"""The store for companies that have a PostgreSQL: pgvector finds by meaning, its text search by words."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from kb.encoder import DIMENSIONS, Vector
from kb.errors import NoIndexError
from kb.lexicon import Lexicon
from kb.passage import Reader
from kb.ranking import Candidate
from kb.record import BYTES, LISTS, PLAIN, columns, passage_of, study_of
from kb.shelf import CANDIDATES, INDEXED_FROM, Row, Studies

_NAMES = ("key", "kind", "stems", *PLAIN, *LISTS, *BYTES)
_DATES = ("effective", "until", "reviewed")
_TYPES = {**dict.fromkeys(_NAMES, "text"), **dict.fromkeys(_DATES, "date"), **dict.fromkeys(BYTES, "bytea")}
_TABLES = f"""
CREATE EXTENSION IF NOT EXISTS vector;
CREATE TABLE IF NOT EXISTS kb_passages (
    place bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    {", ".join(f"{name} {kind} NOT NULL" for name, kind in _TYPES.items())},
    vector vector({DIMENSIONS}) NOT NULL, directions bytea NOT NULL,
    words tsvector GENERATED ALWAYS AS (to_tsvector('simple', stems)) STORED);
CREATE INDEX IF NOT EXISTS kb_passages_words ON kb_passages USING gin (words);
CREATE TABLE IF NOT EXISTS kb_lexicon (one boolean PRIMARY KEY DEFAULT true CHECK (one), written text NOT NULL)
"""
_INSERT = f"""
INSERT INTO kb_passages ({", ".join(_NAMES)}, vector, directions)
VALUES ({", ".join(f":{name}" for name in _NAMES)}, CAST(:vector AS vector), :directions)
"""  # noqa: S608  # column names of our own
_FOR = """
effective <= :on AND until > :on
AND (CAST(:channel AS text) IS NULL OR channels = '' OR channels LIKE '% ' || :channel || ' %')
AND (CAST(:region AS text) IS NULL OR regions = '' OR regions LIKE '% ' || :region || ' %')
AND (CAST(:plan AS text) IS NULL OR plans = '' OR plans LIKE '% ' || :plan || ' %')
"""
_FIND = f"""
WITH near AS (SELECT place FROM kb_passages WHERE {_FOR} ORDER BY vector <=> CAST(:vector AS vector) LIMIT :k),
worded AS (SELECT place FROM kb_passages WHERE {_FOR} AND words @@ to_tsquery('simple', :any)
           ORDER BY ts_rank(words, to_tsquery('simple', :any), 2) DESC LIMIT :k)
SELECT {", ".join(_NAMES)}, directions FROM kb_passages
WHERE place IN (SELECT place FROM near UNION SELECT place FROM worded) ORDER BY place
"""  # noqa: S608  # column names of our own
_STUDIES = f"SELECT {', '.join(('key', 'stems', 'directions', *BYTES))} FROM kb_passages"  # noqa: S608  # as above
#: Any number that is ours alone: the lock that makes writers wait for each other.
_WRITERS = 20261123


class PostgresShelf:
    """The passages in a database; a version is one transaction, so readers see the old one or the new one."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def lexicon(self) -> Lexicon:
        """Return the words of the last version."""
        async with self._engine.connect() as connection:
            if not await _exists(connection):
                raise NoIndexError("kb_passages")
            written = (await connection.execute(text("SELECT written FROM kb_lexicon"))).scalar_one()
        return Lexicon.loads(written)

    async def candidates(self, vector: Vector, stems: Sequence[str], reader: Reader) -> Sequence[Candidate]:
        """Return the passages for this reader that are nearest by vector or share stems, each once."""
        # Stems are letters and digits only, so none can be an operator of the text search.
        asked = {"vector": _literal(vector), "any": " | ".join(stems), "k": CANDIDATES, **vars(reader)}
        async with self._engine.connect() as connection:
            rows = [dict(row) for row in (await connection.execute(text(_FIND), asked)).mappings()]
        return [Candidate(passage_of(row), study_of(row, *_directions(row))) for row in rows]

    async def studies(self) -> Studies:
        """Return what the last version knows, by content key; nothing where there is no version yet."""
        async with self._engine.connect() as connection:
            if not await _exists(connection):
                return {}
            rows = [dict(row) for row in (await connection.execute(text(_STUDIES))).mappings()]
        return {row["key"]: study_of(row, *_directions(row)) for row in rows}

    async def replace(self, rows: Sequence[Row]) -> None:
        """Make these the passages, in one step for readers."""
        lexicon = Lexicon.of(study.stems for _, _, study in rows).dumps()
        async with self._engine.begin() as connection:
            await connection.execute(text(f"SELECT pg_advisory_xact_lock({_WRITERS})"))
            for statement in _TABLES.split(";"):
                await connection.execute(text(statement))
            await connection.execute(text("DELETE FROM kb_passages"))
            await connection.execute(text(_INSERT), [_row(row) for row in rows])
            await connection.execute(text("DELETE FROM kb_lexicon"))
            await connection.execute(text("INSERT INTO kb_lexicon (written) VALUES (:written)"), {"written": lexicon})
            if len(rows) >= INDEXED_FROM:
                index = (
                    "CREATE INDEX IF NOT EXISTS kb_passages_vector ON kb_passages USING hnsw (vector vector_cosine_ops)"
                )
                await connection.execute(text(index))


def _row(row: Row) -> dict[str, Any]:
    _, _, study = row
    both = np.concatenate([study.vector, study.question]).astype(np.float32)
    return {**columns(*row), "vector": _literal(study.vector), "directions": both.tobytes()}


def _directions(row: Mapping[str, Any]) -> tuple[Vector, Vector]:
    vector, question = np.frombuffer(row["directions"], np.float32).reshape(2, DIMENSIONS)
    return vector, question


def _literal(vector: Vector) -> str:
    return f"[{','.join(f'{part:.7g}' for part in vector.tolist())}]"


async def _exists(connection: AsyncConnection) -> bool:
    return bool((await connection.execute(text("SELECT to_regclass('kb_passages') IS NOT NULL"))).scalar_one())
