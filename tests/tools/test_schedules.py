"""Random schedules of one write: however it is asked, answered, lost and asked again, it happens once."""

import asyncio
import shutil
import tempfile
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from counters import Counter, unhurried
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from samples import SAMPLES, Sample, call

from agent.testing import NOW, SOAK, with_faults
from guardrails.audit import Audit
from guardrails.database import create_all
from guardrails.sealing import Sealer
from tools.action import Done, Outcome, Unknown
from tools.ledger import Ledger
from tools.run import Door
from tools.systems.embedded import embedded_systems

STEPS = ("yes", "double click", "second tab", "approved twice", "time-out after effect", "down", "blind", "well again")


class Schedule:
    """One case in which the same write is asked for in every way."""

    def __init__(self, counter: Counter, sample: Sample) -> None:
        self.counter = counter
        self.sample = sample
        self.outcomes: list[Outcome] = []

    async def ask(self, times: int = 1, **more: Any) -> None:
        calls = [self.counter.door.run(call(self.sample, NOW, **more)) for _ in range(times)]
        self.outcomes += await asyncio.gather(*calls)

    async def take(self, step: str) -> None:
        faults = self.counter.faults
        match step:
            case "yes":
                await self.ask()
            case "double click" | "second tab":
                await self.ask(2)
            case "approved twice":
                await self.ask(2, approved_by="op-sam")
            case "time-out after effect":
                faults.silent_after_effect = True
            case "down":
                faults.down = True
            case "blind":
                faults.blind = True
            case _:
                faults.silent_after_effect = faults.down = faults.blind = False


def _now() -> datetime:
    return NOW


async def _played(folder: Path, shop: Path, name: str, steps: list[str]) -> None:
    shutil.copy(shop, folder / "shop.db")
    made, records = (
        unhurried(f"sqlite+aiosqlite:///{folder}/shop.db"),
        unhurried(f"sqlite+aiosqlite:///{folder}/own.db"),
    )
    await create_all(records)
    systems, faults = with_faults(embedded_systems(made, clock=_now))
    ledger = Ledger(records, Sealer(records, b"k" * 32), _now, claim_seconds=2.0)
    counter = Counter(Door(systems, ledger, Audit(records, _now), clock=_now), systems, faults, made)
    if SAMPLES[name].before:
        await counter.does(SAMPLES[SAMPLES[name].before])
    schedule, before = Schedule(counter, SAMPLES[name]), await counter.written()
    for step in steps:
        await schedule.take(step)
    effects = await counter.written() - before
    await schedule.take("well again")
    last = [one for one in schedule.outcomes if isinstance(one, Done)]
    assert effects <= 1
    assert len({one.receipt for one in last}) <= 1
    if last:
        assert effects == 1
    if effects and not last:  # what happened but could not be read is never told as a refusal of the shop
        assert any(isinstance(one, Unknown) for one in schedule.outcomes)
    await made.dispose()
    await records.dispose()


@settings(
    max_examples=400 if SOAK else 25,
    deadline=timedelta(seconds=30),
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(name=st.sampled_from(sorted(SAMPLES)), steps=st.lists(st.sampled_from(STEPS), min_size=2, max_size=8))
def test_any_schedule_has_at_most_one_effect_and_one_truth(seeded_shop: Path, name: str, steps: list[str]) -> None:
    """Retries, double clicks, second tabs, two approvals and every fault: one effect, one receipt."""
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(_played(Path(folder), seeded_shop, name, steps))
