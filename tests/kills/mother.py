"""Forks a child for each line of its input, which sends one sample through a door and dies, uncatchably, on its way.

A line is JSON: `name`, `boundary`, `now`, and the files `shop` and `records`. The answer is the child's exit status.
One process that has imported everything makes a kill cost milliseconds, so that a thousand are affordable.
"""

import asyncio
import json
import os
import signal
import sys
from datetime import datetime

import structlog
from samples import SAMPLES, call

from guardrails.audit import Audit
from guardrails.database import open_engine
from guardrails.sealing import Sealer
from tools.call import Checkpoint
from tools.ledger import Ledger
from tools.run import Door
from tools.systems.embedded import embedded_systems

#: Long enough that no busy machine cuts an effect off; the test lets the claim of a dead process run out at once.
CLAIM_SECONDS = 30.0


def _dying_at(boundary: str) -> Checkpoint:
    async def checkpoint(name: str) -> None:
        if name == boundary:
            os.kill(os.getpid(), signal.SIGKILL)

    return checkpoint


async def _write(asked: dict[str, str]) -> None:
    now = datetime.fromisoformat(asked["now"])

    def clock() -> datetime:
        return now

    records, shop = open_engine(asked["records"]), open_engine(asked["shop"])
    ledger = Ledger(records, Sealer(records, b"k" * 32), clock, claim_seconds=CLAIM_SECONDS)
    systems = embedded_systems(shop, clock=clock)
    door = Door(systems, ledger, Audit(records, clock), clock=clock, checkpoint=_dying_at(asked["boundary"]))
    await door.run(call(SAMPLES[asked["name"]], now))


structlog.configure(logger_factory=structlog.ReturnLoggerFactory())  # this output carries exit codes only
for line in sys.stdin:
    if (child := os.fork()) == 0:
        asyncio.run(_write(json.loads(line)))
        os._exit(0)
    _, status = os.waitpid(child, 0)
    sys.stdout.write(f"{os.waitstatus_to_exitcode(status)}\n")
    sys.stdout.flush()
