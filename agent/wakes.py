"""Wake-ups: one pub/sub connection a process; a lost one costs a moment, never an event."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager

import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError

from agent.store import WAKE

log = structlog.get_logger()
ANY = "*"


class Wakes:
    """Tells waiting streams that a conversation's log has grown."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._waiting: dict[str, set[asyncio.Event]] = defaultdict(set)
        #: Open streams end themselves when the process is about to stop.
        self.stopped = False

    def stop(self) -> None:
        """Wake every stream so that it ends."""
        self.stopped = True
        for events in list(self._waiting.values()):
            for event in events:
                event.set()

    async def run(self) -> None:
        """Listen for as long as the process lives; reconnect when Redis was away."""
        while not self.stopped:
            try:
                async with self._redis.pubsub() as channel:
                    await channel.subscribe(WAKE)
                    async for message in channel.listen():
                        if message["type"] == "message":
                            self._wake(message["data"].decode())
            except (RedisError, OSError) as failure:
                log.warning("wakes_lost", error=type(failure).__name__)
                await asyncio.sleep(0.5)

    def _wake(self, conversation: str) -> None:
        for event in (*self._waiting.get(conversation, ()), *self._waiting.get(ANY, ())):
            event.set()

    async def changes(self, conversation: str, *, pause: float) -> AsyncIterator[bytes]:
        """Yield a line whenever there is news, at most one a pause, and a ping when there is none."""
        with self.listening(conversation) as news:
            yield b'{"kind":"queue"}\n'
            while not self.stopped:
                try:
                    await asyncio.wait_for(news.wait(), 15)
                    news.clear()
                    yield b'{"kind":"queue"}\n'
                    await asyncio.sleep(pause)
                except TimeoutError:
                    yield b'{"kind":"ping"}\n'

    @contextmanager
    def listening(self, conversation: str) -> Iterator[asyncio.Event]:
        """Give an event that is set whenever the conversation, or with `ANY` any conversation, has news."""
        event = asyncio.Event()
        self._waiting[conversation].add(event)
        try:
            yield event
        finally:
            self._waiting[conversation].discard(event)
            if not self._waiting[conversation]:
                del self._waiting[conversation]
