"""The audit trail's tables and the check of its chains."""

import json
from collections.abc import Sequence
from hashlib import sha256
from typing import Any

from sqlalchemy import BigInteger, Column, Integer, Row, String, Table, Text, UniqueConstraint

from guardrails.database import metadata

#: What the first row of every chain points back to.
START = "0" * 64

# SQLite counts up by itself only in a column declared INTEGER.
_NUMBER = BigInteger().with_variant(Integer, "sqlite")

audit = Table(
    "audit",
    metadata,
    Column("number", _NUMBER, primary_key=True, autoincrement=True),
    Column("conversation", String(120), nullable=False),
    Column("seq", Integer, nullable=False),
    Column("prev", String(64), nullable=False),
    Column("hash", String(64), nullable=False),
    Column("at", String(40), nullable=False, comment="ISO 8601, UTC: hashed exactly as stored"),
    Column("event", String(20), nullable=False),
    Column("fields", Text, nullable=False, comment="canonical JSON: hashed exactly as stored"),
    UniqueConstraint("conversation", "seq"),
    # A number is never given twice, so that a deleted last row cannot be refilled unseen.
    sqlite_autoincrement=True,
)
audit_heads = Table(
    "audit_heads",
    metadata,
    Column("conversation", String(120), primary_key=True),
    Column("seq", Integer, nullable=False),
    Column("hash", String(64), nullable=False),
    Column("anchored", Integer, nullable=False, comment="the seq that the last root row vouches for"),
    Column("root", Integer, nullable=False),
)
audit_roots = Table(
    "audit_roots",
    metadata,
    Column("seq", Integer, primary_key=True, autoincrement=False),
    Column("prev", String(64), nullable=False),
    Column("hash", String(64), nullable=False),
    Column("at", String(40), nullable=False),
    Column("heads", Text, nullable=False),
)


def row_hash(*, conversation: str, seq: int, prev: str, at: str, event: str, fields: str) -> str:
    """Return the hash that chains a row to the one before."""
    return _hash("row", conversation, seq, prev, at, event, fields)


def root_hash(*, seq: int, prev: str, at: str, heads: str) -> str:
    """Return the hash that chains a root row to the one before."""
    return _hash("root", seq, prev, at, heads)


class AuditChain:
    """Walks the trail once, conversation by conversation, and collects what does not fit."""

    def __init__(self, roots: Sequence[Row[Any]], heads: Sequence[Row[Any]]) -> None:
        self._broken: dict[str, None] = {}
        # (conversation, seq) → hash: what a root or head vouches for and the walk has not met yet.
        self._due = {(head.conversation, head.seq): head.hash for head in heads if head.seq}
        self._length = {head.conversation: head.seq for head in heads}
        self._walk_roots(roots, last=max((head.root for head in heads), default=0))
        self._last: tuple[str, int, str] = ("", 0, START)

    def see(self, row: Row[Any]) -> None:
        """Check the next row in the order of conversation and seq."""
        conversation, seq, prev = self._last
        if row.conversation != conversation:
            seq, prev = 0, START
        for missing in range(seq + 1, min(row.seq, seq + 100)):
            self._report(row.conversation, missing)
        content = {"seq": row.seq, "prev": row.prev, "at": row.at, "event": row.event, "fields": row.fields}
        fits = row.prev == prev or row.seq != seq + 1
        vouched = self._due.pop((row.conversation, row.seq), row.hash)
        honest = row_hash(conversation=row.conversation, **content) == row.hash == vouched
        if not (fits and honest and row.seq <= self._length.get(row.conversation, 0)):
            self._report(row.conversation, row.seq)
        self._last = (row.conversation, row.seq, row.hash)

    def broken(self) -> list[str]:
        """Return the names of the broken rows: `conversation/seq`, `root/seq` for a root row."""
        for conversation, seq in self._due:
            self._report(conversation, seq)
        return list(self._broken)

    def _walk_roots(self, roots: Sequence[Row[Any]], *, last: int) -> None:
        prev = START
        for expected, root in enumerate(roots, start=1):
            content = {"seq": root.seq, "prev": root.prev, "at": root.at, "heads": root.heads}
            if root.seq != expected or root.prev != prev or root_hash(**content) != root.hash:
                self._report("root", root.seq)
            prev = root.hash
            if root_hash(**content) != root.hash:
                # What a changed root vouches for is worth nothing, and may not even be readable.
                continue
            for conversation, seq, vouched in json.loads(root.heads):
                if self._due.setdefault((conversation, seq), vouched) != vouched:
                    self._report(conversation, seq)
        for missing in range(len(roots) + 1, last + 1):
            self._report("root", missing)

    def _report(self, conversation: str, seq: int) -> None:
        self._broken[f"{conversation}/{seq}"] = None


def _hash(*parts: str | int) -> str:
    return sha256(json.dumps(parts).encode()).hexdigest()
