"""A process with a pinned clock that dies, uncatchably, at a boundary of a write.

Arguments: `turn BOUNDARY CONVERSATION` takes one conversation's turn; `serve BOUNDARY PORT` is the whole server.
The settings come from the environment, as they do for any server.
"""

import asyncio
import os
import signal
import sys
from datetime import datetime

from agent.bootstrap import joined
from agent.serve import serve
from agent.server import create_app
from agent.settings import Settings
from agent.turn import take_turn
from tools.call import Checkpoint

_NOW = datetime.fromisoformat(os.environ["TEST_NOW"])


def _now() -> datetime:
    return _NOW


def dying_at(boundary: str) -> Checkpoint:
    """Return a checkpoint that kills the process at one boundary."""

    async def checkpoint(name: str) -> None:
        if name == boundary:
            os.kill(os.getpid(), signal.SIGKILL)

    return checkpoint


async def _turn(boundary: str, conversation: str) -> None:
    async with joined(Settings(), clock=_now, checkpoint=dying_at(boundary)) as company:
        await take_turn(company.app.parts, conversation)


if __name__ == "__main__":
    what, boundary, which = sys.argv[1:]
    if what == "turn":
        asyncio.run(_turn(boundary, which))
    else:
        settings = Settings(port=int(which))
        serve(create_app(settings, clock=_now, checkpoint=dying_at(boundary)), settings)
