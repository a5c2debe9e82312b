"""The conversations in Redis as they lie there: which are idle, which stay, which go."""

import time
from collections.abc import AsyncIterator
from typing import Any

from redis.asyncio import Redis

from agent.store import BUCKETS, Append, Store


class Shelf:
    """Looks at conversations from outside their logs."""

    def __init__(self, store: Store, session_seconds: int) -> None:
        self._store = store
        self._redis: Redis = store.redis
        self.session_seconds = session_seconds

    async def idle(self, before: float) -> list[tuple[str, float]]:
        """Return the listed conversations whose customer last wrote before a moment, with that moment."""
        pipeline = self._redis.pipeline(transaction=False)
        for bucket in range(BUCKETS):
            pipeline.zrangebyscore(f"fc:{{b{bucket:02}}}:open", "-inf", before, withscores=True)
        return [(name.decode(), score) for bucket in await pipeline.execute() for name, score in bucket]

    async def meta(self, conversation: str) -> dict[str, str]:
        """Return what is noted beside a log; nothing where there is no log."""
        found: Any = await self._redis.hgetall(self._store.key(conversation, "meta"))
        return {name.decode(): value.decode() for name, value in found.items()}

    async def keep(self, conversation: str, row: dict[str, str] | None = None) -> None:
        """Let a conversation stay for another session's length, and note something beside its log."""
        await self._store.append(conversation, (), Append(row=row))

    async def reopen(self, conversation: str, row: dict[str, str]) -> None:
        """List a conversation for the desk again, with its row."""
        await self.keep(conversation, row)
        await self._redis.zadd(f"{self._tag(conversation)}:open", {conversation: time.time()})

    async def forget(self, conversation: str) -> int:
        """Remove a conversation's keys and its entries in the lists; return how many keys there were."""
        tag = self._tag(conversation)
        await self._redis.zrem(f"{tag}:open", conversation)
        await self._redis.zrem(f"{tag}:due", conversation)
        found = [key async for key in self._redis.scan_iter(match=f"fc:{{b*}}:{conversation}:*", count=1000)]
        return int(await self._redis.delete(*found)) if found else 0

    async def my_round(self, seconds: float) -> bool:
        """Answer whether this process is the one to look after the shelf now: of many one in as many seconds."""
        return bool(await self._redis.set("fc:keeper", "", nx=True, px=int(seconds * 900)))

    def _tag(self, conversation: str) -> str:
        return self._store.key(conversation, "").removesuffix(f":{conversation}:")

    async def everything(self) -> AsyncIterator[str]:
        """Yield the id of every conversation that has a log."""
        async for key in self._redis.scan_iter(match="fc:{b*}:*:meta", count=1000):
            yield key.decode().split(":")[2]
