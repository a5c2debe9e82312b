"""Deliveries through everything that can go wrong: every ticket arrives, none twice."""

import asyncio
from collections import Counter
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from desks import STUBBED, note, stub_of, ticket
from faults import CrashError, Faults, FaultyDesk, FaultyTransport
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncEngine
from stub import Held, Stub

from agent.testing import SOAK
from guardrails.database import create_all, open_engine, reading
from guardrails.sealing import Sealer
from tools.helpdesk import embedded
from tools.helpdesk.base import TicketStatus, Visibility
from tools.helpdesk.choose import choose
from tools.helpdesk.mark import mark, marks_in
from tools.helpdesk.outbox import Kind, Outbox, Pace, outbox_table
from tools.helpdesk.tickets import Tickets

DELIVERIES = (10_000 if SOAK else 300) // (len(STUBBED) + 1)
WORKERS = 6
#: In seconds; longer where more waits in line, for else nothing is looked up early.
LAG = "10" if SOAK else "0.2"
PACE = Pace(lease=2, first=0.02, longest=0.5)


class Campaign:
    """One outbox table and several processes' worth of workers, which die and are started again."""

    def __init__(self, engine: AsyncEngine, tickets: Tickets) -> None:
        self.engine = engine
        self.tickets = tickets
        self.crashes = 0
        self.revived = 0

    def outbox(self) -> Outbox:
        """Return an outbox as a new process opens it."""
        return Outbox(self.engine, Sealer(self.engine, b"k" * 32), {Kind.TICKET: self.tickets.deliver}, PACE)

    async def put(self, cases: list[str]) -> None:
        """Put two deliveries a case: handed off, then resolved; each with a note for either audience."""
        outbox = self.outbox()
        for case in cases:
            for place, (status, code) in enumerate(((TicketStatus.OPEN, None), (TicketStatus.RESOLVED, "refunded"))):
                notes = [note(f"{case}/{place}/{who}", who, f"{who} {place}") for who in Visibility]
                made = ticket(case, *notes, status=status, code=code).model_dump(mode="json")
                await outbox.put(f"ticket/{case}/{place}", Kind.TICKET, made, customer="cus-0001", subject=case)

    async def deliver(self) -> None:
        """Work until nothing is left; what was given up is tried again as by a click in the desk."""
        while await self._left():
            await asyncio.gather(*(self._worker() for _ in range(WORKERS)))
            for letter in await self.outbox().dead_letters():
                self.revived += await self.outbox().revive(letter.id)
            await asyncio.sleep(0.1)

    async def _worker(self) -> None:
        try:
            await self.outbox().deliver_due()
        except CrashError:
            self.crashes += 1

    async def _left(self) -> int:
        async with reading(self.engine) as connection:
            open_rows = select(func.count()).select_from(outbox_table).where(outbox_table.c.done_at.is_(None))
            return int((await connection.execute(open_rows)).scalar_one())


def notes_of(held: Held, cases: list[str]) -> Counter[str]:
    """Count the marks of our notes on a ticket, the opening line's left out."""
    openings = {mark(case) for case in cases}
    return Counter(found for entry in held.entries for found in marks_in(entry.body) - openings)


def expected(case: str) -> Counter[str]:
    return Counter(mark(f"{case}/{place}/{who}") for place in (0, 1) for who in Visibility)


def resolved(name: str, held: Held) -> bool:
    states: dict[str, Any] = {"zendesk": "solved", "freshdesk": 4}
    return bool(held.fields.get("status", held.fields.get("state")) in (states.get(name), "6", "74"))


@pytest.fixture
async def file_engine(tmp_path: Path) -> Any:
    made = open_engine(f"sqlite+aiosqlite:///{tmp_path / 'soak.db'}")
    await create_all(made)
    yield made
    await made.dispose()


@pytest.mark.timeout(7200)
@pytest.mark.parametrize("name", STUBBED)
async def test_every_ticket_arrives_and_none_twice(
    name: str, file_engine: AsyncEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Through crashes, 429s, 5xx and silence before and after the effect: one ticket a case, one note a key."""
    stub, environment = stub_of(name)
    for key, value in environment.items():
        monkeypatch.setenv(key, LAG if key.endswith("_LAG_SECONDS") else value)
    # An index that is sometimes later than the adapter waits for: then a ticket is made twice, and merged.
    stub.lag = timedelta(seconds=2.5 * float(LAG))
    faults = Faults(seed=20261124)
    desk = choose(name, file_engine, FaultyTransport(stub, faults))
    campaign = Campaign(file_engine, Tickets(desk, file_engine, faults.checkpoint))
    cases = [f"cnv-{place}.1.0" for place in range(DELIVERIES // 2)]
    await campaign.put(cases)
    await campaign.deliver()
    live = [held for held in stub.live() if held.fields.get("state") != "8"]
    assert sum((notes_of(held, cases) for held in live), Counter()) == sum(
        (expected(case) for case in cases), Counter()
    )
    assert sorted(sum(notes_of(held, cases).values()) for held in live) == [4] * len(cases)
    assert all(resolved(name, held) for held in live)
    report(name, stub, faults, campaign)
    await desk.aclose()


@pytest.mark.timeout(7200)
async def test_our_own_helpdesk_through_the_same(file_engine: AsyncEngine) -> None:
    """The embedded helpdesk, failing before and after every call: one ticket a case, one note a key."""
    faults = Faults(seed=20261124)
    desk: Any = FaultyDesk(embedded.EmbeddedHelpdesk(file_engine), faults)
    campaign = Campaign(file_engine, Tickets(desk, file_engine, faults.checkpoint))
    cases = [f"cnv-{place}.1.0" for place in range(DELIVERIES // 2)]
    await campaign.put(cases)
    await campaign.deliver()
    async with reading(file_engine) as connection:
        made = (await connection.execute(select(embedded.tickets.c.case_id, embedded.tickets.c.status))).all()
        keys = (await connection.execute(select(embedded.notes.c.key))).scalars().all()
    assert sorted(made) == sorted((case, "resolved") for case in cases)
    assert sorted(keys) == sorted(f"{case}/{place}/{who}" for case in cases for place in (0, 1) for who in Visibility)
    print(f"\nembedded: {DELIVERIES} deliveries, {campaign.crashes} crashes, {dict(faults.kinds)}")  # noqa: T201


def report(name: str, stub: Stub, faults: Faults, campaign: Campaign) -> None:
    """Print the figures of a campaign."""
    merged = sum(held.merged_into is not None for held in stub.held.values())
    print(  # noqa: T201
        f"\n{name}: {DELIVERIES} deliveries, {len(stub.live())} tickets, {merged} made twice and merged, "
        f"{campaign.crashes} crashes, {campaign.revived} given up and revived, {dict(faults.kinds)}"
    )
