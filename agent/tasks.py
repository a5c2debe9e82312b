"""Tasks that live as long as the process, and how they end."""

import asyncio
from collections.abc import Iterable

import structlog

log = structlog.get_logger()
_PATIENCE = 0.5
_TRIES = 4


async def end_tasks(tasks: Iterable[asyncio.Task[None]]) -> None:
    """Cancel tasks until they have ended; a library that swallows a cancellation gets another."""
    left = {task for task in tasks if not task.done()}
    for _ in range(_TRIES):
        if not left:
            return
        for task in left:
            task.cancel()
        _, left = await asyncio.wait(left, timeout=_PATIENCE)
    if left:
        log.error("tasks_outlived_stop", count=len(left))
