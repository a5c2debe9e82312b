"""A process may die at any boundary of any write: whoever asks again finds one effect and tells the truth."""

import json
import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from counters import Counter
from samples import SAMPLES, call

from agent.testing import NOW, SOAK
from tools.action import Done
from tools.ledger import EntryState

ROOT = Path(__file__).parents[2]
BOUNDARIES = ("before_claim", "after_claim", "after_execute", "before_record")
#: Every write at one boundary each in `make test`, at every boundary thirteen times in `make soak`: 1,040 kills.
ROUNDS = range(13 if SOAK else 1)
KILLS = [
    (name, boundary)
    for place, name in enumerate(sorted(SAMPLES))
    for turn, boundary in enumerate(BOUNDARIES)
    if SOAK or place % len(BOUNDARIES) == turn
]

Mother = Callable[[dict[str, str]], int]


@pytest.fixture(scope="module")
def mother() -> Iterator[Mother]:
    """The process that forks the ones to be killed."""
    path = os.pathsep.join((str(ROOT), str(ROOT / "tests" / "tools")))
    process = subprocess.Popen(
        [sys.executable, str(Path(__file__).with_name("mother.py"))],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": path},
        text=True,
    )
    assert process.stdin
    assert process.stdout
    sent, told = process.stdin, process.stdout

    def kill(order: dict[str, str]) -> int:
        sent.write(json.dumps(order) + "\n")
        sent.flush()
        return int(told.readline())

    yield kill
    sent.close()
    told.close()
    assert process.wait(60) == 0


def run_out(records: Path) -> None:
    """Let the time pass that a dead process's claim still has."""
    with sqlite3.connect(records) as connection:
        connection.execute("UPDATE ledger SET claim_until = '2000-01-01 00:00:00.000000' WHERE state = 'claimed'")
    connection.close()


@pytest.mark.parametrize("attempt", ROUNDS)
@pytest.mark.parametrize(("name", "boundary"), KILLS)
async def test_a_write_whose_process_was_killed_happens_once(
    counter: Counter, mother: Mother, tmp_path: Path, name: str, boundary: str, attempt: int
) -> None:
    """Asked again, the same call is done, with one effect and the receipt that the shop has on record."""
    sample = SAMPLES[name]
    if sample.before:
        assert isinstance(await counter.does(SAMPLES[sample.before]), Done)
    before = await counter.written()
    files = {"shop": f"sqlite+aiosqlite:///{tmp_path}/shop.db", "records": f"sqlite+aiosqlite:///{tmp_path}/counter.db"}
    assert mother({"name": name, "boundary": boundary, "now": NOW.isoformat(), **files}) == -signal.SIGKILL
    run_out(tmp_path / "counter.db")
    outcome = await counter.door.run(call(sample, NOW))
    assert isinstance(outcome, Done)
    assert await counter.written() == before + 1
    (entry,) = [one for one in await counter.door.ledger.of_conversation("cnv-sample") if one.action == name]
    assert (entry.state, entry.receipt) == (EntryState.DONE, outcome.receipt)
