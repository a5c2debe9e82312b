"""A door over a freshly seeded shop of the test's own."""

import asyncio
import shutil
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest
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


@pytest.fixture
async def counter(tmp_path: Path, shop: AsyncEngine) -> AsyncIterator[Counter]:
    engine = unhurried(f"sqlite+aiosqlite:///{tmp_path / 'counter.db'}")
    await create_all(engine)
    systems, faults = with_faults(embedded_systems(shop, clock=lambda: NOW))
    ledger = Ledger(engine, Sealer(engine, b"k" * 32), lambda: NOW, claim_seconds=5.0)
    yield Counter(Door(systems, ledger, Audit(engine, lambda: NOW), clock=lambda: NOW), systems, faults, shop)
    await engine.dispose()
