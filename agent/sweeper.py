"""In every process one sweeper takes up conversations that are due and that nobody is at."""

import asyncio

import structlog

from agent.parts import Parts
from agent.recovery import tell_untold
from agent.settling import Settler
from agent.tasks import end_tasks
from agent.turn import take_turn

log = structlog.get_logger()


class Sweeper:
    """Starts turns: at once for what this process appended, after a moment for what another left behind."""

    def __init__(self, parts: Parts, seconds: float) -> None:
        self._parts = parts
        self._seconds = seconds
        self._settler = Settler(parts)
        self._running: dict[str, asyncio.Task[None]] = {}

    def start(self, conversation: str) -> None:
        """Take the conversation's turn now; one that is already at it will see the new words itself."""
        if conversation not in self._running:
            task = asyncio.create_task(self._turn(conversation))
            self._running[conversation] = task
            task.add_done_callback(lambda _: self._running.pop(conversation, None))

    async def _turn(self, conversation: str) -> None:
        try:
            await take_turn(self._parts, conversation)
        except Exception:  # the due entry stays, so the sweeper tries again; the failure is in the log
            log.exception("turn_failed", conversation=conversation)

    async def run(self) -> None:
        """Sweep for as long as the process lives."""
        while True:
            try:
                for conversation in await self._parts.store.due():
                    if not await self._parts.store.forget_if_gone(conversation):
                        self.start(conversation)
                await tell_untold(self._parts)
                await self._settler.sweep()
            except Exception:  # a store that is down comes back; the sweeper must still be there
                log.exception("sweep_failed")
            await asyncio.sleep(self._seconds)

    async def drain(self, seconds: float) -> None:
        """Let running turns finish for a moment; what is cut off is taken up by the next process."""
        if self._running:
            await asyncio.wait(tuple(self._running.values()), timeout=seconds)
        # Ended, not only told to: a turn still at a database would keep its connection's thread, and so the process.
        await end_tasks(self._running.values())
