"""What goes wrong at the demo shop: incidents, error events, and the engineering tickets that come of them."""

from typing import Any

from sqlalchemy import and_, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncEngine

from guardrails.database import reading
from tools.systems.base import CustomerId, ErrorEvent, Incident
from tools.systems.journal import Brought, Hand
from tools.systems.shop import answering, incidents, issues, telemetry
from tools.systems.writes import OpenIssue

_LATEST = 20


class EmbeddedIncidents:
    """Incidents as every customer may read them."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def incidents(self) -> tuple[Incident, ...]:
        """Return the incidents, open ones first, then the newest."""
        wanted = select(incidents).order_by(incidents.c.resolved_at.is_not(None), incidents.c.started_at.desc())
        async with answering(), reading(self._engine) as connection:
            rows = await connection.execute(wanted.limit(_LATEST))
        return tuple(
            Incident(
                id=row.id, area=row.area, title=row.title, message=row.message, affects=tuple(row.affects),
                started_at=row.started_at, resolved_at=row.resolved_at,
            )
            for row in rows
        )  # fmt: skip


class EmbeddedTelemetry:
    """Error events, each shown to its own customer only."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def events(self, customer: CustomerId) -> tuple[ErrorEvent, ...]:
        """Return the customer's latest error events, newest first."""
        wanted = select(telemetry).where(telemetry.c.customer_id == customer).order_by(telemetry.c.at.desc())
        async with answering(), reading(self._engine) as connection:
            rows = await connection.execute(wanted.limit(_LATEST))
        return tuple(
            ErrorEvent(at=row.at, area=row.area, code=row.code, version=row.version, device=row.device) for row in rows
        )


async def open_engineering_ticket(hand: Hand, asked: OpenIssue) -> Brought:
    """Open a ticket, or link the chat to the open one about the same symptom."""
    same = and_(issues.c.area == asked.area, issues.c.symptom == asked.symptom, issues.c.closed_at.is_(None))
    standing = (await hand.connection.execute(select(issues).where(same))).first()
    if standing is not None:
        links = sorted({*standing.links, asked.link})
        await hand.connection.execute(update(issues).where(issues.c.id == standing.id).values(links=links))
        return Brought(details={"ticket": standing.id, "linked": len(links)})
    count = (await hand.connection.execute(select(func.count()).select_from(issues))).scalar_one()
    ticket: dict[str, Any] = {
        "id": f"ENG-{count + 1}", "area": asked.area, "symptom": asked.symptom, "links": [asked.link],
        "parts": asked.model_dump(mode="json", exclude={"area", "symptom", "link"}), "opened_at": hand.now,
    }  # fmt: skip
    await hand.connection.execute(insert(issues).values(ticket))
    return Brought(details={"ticket": ticket["id"], "linked": 1})
