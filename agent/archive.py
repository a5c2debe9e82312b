"""Closed conversations in SQL, redacted with what is known of the customer by then, and sealed with their key."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Column, DateTime, Integer, LargeBinary, String, Table, delete, insert, select
from sqlalchemy.ext.asyncio import AsyncEngine

from agent.conversation import Conversation
from agent.events import AgentSaid, CustomerChose, CustomerSaid, OperatorSaid
from agent.handoff import without_code
from guardrails.database import metadata, reading, writing
from guardrails.pii.profile import Profile
from guardrails.pii.redact import Redactor
from guardrails.sealing import Sealer

archive_table = Table(
    "archive",
    metadata,
    Column("conversation", String(64), primary_key=True),
    # A log that was lost and begun anew is another one.
    Column("incarnation", String(32), primary_key=True),
    Column("owner", String(64), nullable=False, index=True, comment="whose key seals it: the customer, else itself"),
    Column("customer", String(64)),
    Column("channel", String(16), nullable=False),
    Column("cases", JSON, nullable=False),
    Column("seq", Integer, nullable=False, comment="up to where the log is in it"),
    Column("sealed", LargeBinary, nullable=False),
    Column("archived_at", DateTime(timezone=True), nullable=False),
)

_Entry = CustomerSaid | CustomerChose | AgentSaid | OperatorSaid


@dataclass(frozen=True)
class Line:
    """One thing said or chosen; the text is redacted."""

    at: str
    by: str
    text: str


class Archive:
    """Keeps conversations after their session; the same log again replaces its former self."""

    def __init__(self, engine: AsyncEngine, sealer: Sealer, redactor: Redactor, clock: Callable[[], datetime]) -> None:
        self._engine, self._sealer, self._redactor, self._clock = engine, sealer, redactor, clock

    async def put(self, state: Conversation, incarnation: str, profile: Profile | None) -> None:
        """Archive a conversation: also what was said before the customer was known is masked with their values."""
        # A short answer is known for what it is by the line before it.
        asked = ["", *(entry.text if isinstance(entry, AgentSaid | OperatorSaid) else "" for entry in state.transcript)]
        pairs = zip(state.transcript, asked, strict=False)
        lines = [await self._line(entry, profile, question) for entry, question in pairs]
        owner = state.customer or state.id
        sealed = await self._sealer.seal(owner, json.dumps([vars(line) for line in lines]).encode())
        values: dict[str, Any] = {
            "conversation": state.id, "incarnation": incarnation, "owner": owner, "customer": state.customer,
            "channel": state.channel, "seq": state.seq, "sealed": sealed, "archived_at": self._clock(),
            "cases": [{"ticket_type": case.ticket_type, "code": case.code} for case in state.cases],
        }  # fmt: skip
        async with writing(self._engine) as sql:
            await sql.execute(_former(state.id, incarnation))
            await sql.execute(insert(archive_table).values(values))

    async def _line(self, entry: _Entry, profile: Profile | None, question: str) -> Line:
        match entry:
            case CustomerSaid():
                by, words = "customer", without_code(entry.text)
            case CustomerChose():
                by, words = "customer", entry.label
            case AgentSaid():
                by, words = "agent", entry.text
            case OperatorSaid():
                by, words = "operator", entry.text
        at = entry.at.isoformat() if entry.at else ""
        context = question if by == "customer" else ""
        return Line(at, by, (await self._redactor.redact_async(words, profile, question=context)).text)

    async def lines(self, conversation: str) -> Sequence[Line]:
        """Return what the archive has of a conversation, in order; nothing where it has none."""
        query = select(archive_table).where(archive_table.c.conversation == conversation)
        async with reading(self._engine) as sql:
            rows = (await sql.execute(query.order_by(archive_table.c.archived_at))).all()
        opened = [json.loads(await self._sealer.open(row.owner, row.sealed)) for row in rows]
        return [Line(**line) for lines in opened for line in lines]

    async def forget(self, before: datetime) -> int:
        """Delete the conversations archived before a moment and return how many."""
        return await self.delete(archive_table.c.archived_at < before)

    async def delete(self, condition: Any) -> int:
        """Delete the rows that meet a condition and return how many."""
        async with writing(self._engine) as sql:
            return int((await sql.execute(delete(archive_table).where(condition))).rowcount)


def _former(conversation: str, incarnation: str) -> Any:
    this = (archive_table.c.conversation == conversation) & (archive_table.c.incarnation == incarnation)
    return delete(archive_table).where(this)
