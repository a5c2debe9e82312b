"""Events by cursor over a response that stays open: newline-delimited JSON, a ping when nothing happens."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

from agent.store import Cursor, Store
from agent.wakes import Wakes

PING_SECONDS = 15
Read = Callable[[int], Awaitable[list[dict[str, Any]]]]


async def follow(
    store: Store, wakes: Wakes, conversation: str, after: Cursor, read: Read, still: Callable[[], Awaitable[bool]]
) -> AsyncIterator[bytes]:
    """Yield what `read` gives after the cursor, and on, while `still` holds; an unknown log begins with a reset."""
    at, known = after.seq, after.incarnation
    with wakes.listening(conversation) as news:
        while not wakes.stopped:
            news.clear()
            if not await still():
                return
            incarnation = await store.incarnation(conversation)
            if incarnation is None:
                yield _line({"kind": "reset"})
                return
            if incarnation != known:
                if known:
                    yield _line({"kind": "reset"})
                at, known = 0, incarnation
            for view in await read(at):
                at = max(at, view["seq"])
                yield _line({**view, "cursor": str(Cursor(incarnation, view.pop("seq")))})
            try:
                await asyncio.wait_for(news.wait(), PING_SECONDS)
            except TimeoutError:
                yield _line({"kind": "ping"})


def _line(view: dict[str, Any]) -> bytes:
    view.pop("seq", None)
    return json.dumps(view, ensure_ascii=False).encode() + b"\n"
