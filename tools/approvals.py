"""Writes that wait for an operator's yes: durable, sealed, bound to the exact arguments."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Column, DateTime, LargeBinary, Row, String, Table, insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncEngine

from guardrails.database import metadata, reading, writing
from guardrails.sealing import Sealer

approvals_table = Table(
    "approvals",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("conversation", String(64), nullable=False, index=True),
    Column("customer", String(64), nullable=False),
    Column("case_id", String(96), nullable=False),
    Column("action", String(64), nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    Column("state", String(16), nullable=False),
    Column("decided_by", String(64)),
    Column("created_at", DateTime(timezone=True), nullable=False),
)


class ApprovalState(StrEnum):
    WAITING = "waiting"
    APPROVED = "approved"
    REJECTED = "rejected"
    #: Taken back by the customer.
    WITHDRAWN = "withdrawn"
    DONE = "done"


@dataclass(frozen=True, kw_only=True)
class Approval:
    id: str
    conversation: str
    customer: str
    case: str
    ticket_type: str
    action: str
    args: dict[str, Any]
    title: str
    facts: tuple[tuple[str, str], ...]
    #: The day whose policy version decides.
    on: date
    state: ApprovalState


class Approvals:
    """Keeps what waits for an operator."""

    def __init__(self, engine: AsyncEngine, sealer: Sealer, clock: Callable[[], datetime]) -> None:
        self._engine = engine
        self._sealer = sealer
        self._clock = clock

    async def ask(self, approval: Approval) -> None:
        """Store a waiting approval; asking for the same one again changes nothing."""
        kept: dict[str, Any] = {
            "args": approval.args,
            "title": approval.title,
            "facts": approval.facts,
            "type": approval.ticket_type,
        }
        kept["on"] = approval.on.isoformat()
        values = {
            "id": approval.id, "conversation": approval.conversation, "customer": approval.customer,
            "case_id": approval.case, "action": approval.action, "state": ApprovalState.WAITING,
            "sealed": await self._sealer.seal(approval.customer, json.dumps(kept).encode()),
            "created_at": self._clock(),
        }  # fmt: skip
        try:
            async with writing(self._engine) as connection:
                await connection.execute(insert(approvals_table).values(values))
        except IntegrityError:
            return

    async def of_conversation(self, conversation: str) -> list[Approval]:
        """Return a conversation's approvals, oldest first."""
        query = select(approvals_table).where(approvals_table.c.conversation == conversation)
        async with reading(self._engine) as connection:
            rows = (await connection.execute(query.order_by(approvals_table.c.created_at))).all()
        return [await self._opened(row) for row in rows]

    async def decide(self, approval: str, state: ApprovalState, by: str, *, was: ApprovalState) -> bool:
        """Move an approval on if it still is where who decides saw it."""
        change = (
            update(approvals_table)
            .where(approvals_table.c.id == approval, approvals_table.c.state == was)
            .values(state=state, decided_by=by)
        )
        async with writing(self._engine) as connection:
            return bool((await connection.execute(change)).rowcount)

    async def _opened(self, row: Row[Any]) -> Approval:
        kept = json.loads(await self._sealer.open(row.customer, row.sealed))
        return Approval(
            id=row.id,
            conversation=row.conversation,
            customer=row.customer,
            case=row.case_id,
            ticket_type=kept["type"],
            action=row.action,
            args=kept["args"],
            title=kept["title"],
            facts=tuple((label, value) for label, value in kept["facts"]),
            on=date.fromisoformat(kept["on"]),
            state=ApprovalState(row.state),
        )
