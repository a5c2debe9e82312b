"""A door over a freshly seeded shop of the test's own."""

import asyncio
import shutil
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from postgres import Postgres
from samples import SAMPLES, Sample, call
from sqlalchemy import event, func, select
from sqlalchemy.ext.asyncio import AsyncEngine

from agent.testing import NOW, FaultyWrites, with_faults
from guardrails.audit import Audit
from guardrails.database import create_all, open_engine, reading
from guardrails.sealing import Sealer
from tools.action import Done, Outcome
from tools.ledger import Ledger
from tools.run import Door
from tools.systems.base import Systems
from tools.systems.embedded import embedded_systems
from tools.systems.seed import seed
from tools.systems.shop import journal


@dataclass(frozen=True)
class Counter:
    """The door, and what stands behind it."""

    door: Door
    systems: Systems
    faults: FaultyWrites
    shop: AsyncEngine

    async def written(self) -> int:
        """Return how many effects the shop has on record."""
        async with reading(self.shop) as connection:
            return int((await connection.execute(select(func.count()).select_from(journal))).scalar_one())

    async def does(self, sample: Sample) -> Outcome:
        """Send a sample through the door, after what must come before it."""
        if sample.before:
            assert isinstance(await self.does(SAMPLES[sample.before]), Done)
        return await self.door.run(call(sample, NOW))


@pytest.fixture(scope="session")
def seeded_shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demo shop as seeded, made once."""
    file = tmp_path_factory.mktemp("shop") / "shop.db"

    async def fill() -> None:
        engine = open_engine(f"sqlite+aiosqlite:///{file}")
        await seed(engine, now=NOW)
        await engine.dispose()

    asyncio.run(fill())
    return file


def unhurried(url: str) -> AsyncEngine:
    """Open a database that need not outlive a power cut: waiting for the disk is most of a test's time."""
    engine = open_engine(url)
    event.listen(engine.sync_engine, "connect", lambda opened, _: opened.execute("PRAGMA synchronous=OFF").close())
    return engine


@pytest.fixture
async def shop(tmp_path: Path, seeded_shop: Path) -> AsyncIterator[AsyncEngine]:
    """A copy of the seeded shop."""
    file = tmp_path / "shop.db"
    shutil.copy(seeded_shop, file)
    engine = unhurried(f"sqlite+aiosqlite:///{file}")
    yield engine
    await engine.dispose()


def counted(records: AsyncEngine, shop: AsyncEngine) -> Counter:
    """Return a door that keeps its records in one database and acts on the shop in the other."""
    systems, faults = with_faults(embedded_systems(shop, clock=lambda: NOW))
    ledger = Ledger(records, Sealer(records, b"k" * 32), lambda: NOW, claim_seconds=60.0)
    return Counter(Door(systems, ledger, Audit(records, lambda: NOW), clock=lambda: NOW), systems, faults, shop)


@pytest.fixture
async def counter(tmp_path: Path, shop: AsyncEngine) -> AsyncIterator[Counter]:
    records = unhurried(f"sqlite+aiosqlite:///{tmp_path / 'counter.db'}")
    await create_all(records)
    yield counted(records, shop)
    await records.dispose()


@pytest.fixture
async def postgres_counter(postgres: Postgres) -> AsyncIterator[Counter]:
    """A door whose records and shop both lie in PostgreSQL."""
    await postgres.fresh("shop", seeded=True)
    await postgres.fresh("records", seeded=False)
    shop, records = open_engine(postgres.url("shop", "writer")), open_engine(postgres.url("records"))
    await create_all(records)
    yield counted(records, shop)
    await shop.dispose()
    await records.dispose()
