"""Conversations in Redis: an append-only log each, a lease for the turn, and who holds it.

All keys of a conversation and its due entry share a hash tag, so one script appends, schedules and checks at once, also
in a Redis Cluster. Values are sealed; sequence numbers are per conversation and shared by the log and the staff stream.
"""

import json
import secrets
import time
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

from redis.asyncio import Redis

from agent.conversation import Conversation, fold
from agent.events import EVENTS, STAFF_EVENTS, ConversationStarted, Event, StaffEvent
from guardrails.sealing import Cipher

BUCKETS = 16
WAKE = "fc:wake"
_SCRIPTS = Path(__file__).parent / "lua"


class Lost(StrEnum):
    """Why an append was refused: nothing was written."""

    GONE = "gone"
    LEASE = "lease"
    OWNER = "owner"
    NEWER = "newer"
    STALE = "stale"
    DUPLICATE = "duplicate"


class AppendRefusedError(Exception):
    """The log did not take the events: `why` says what changed meanwhile."""

    def __init__(self, why: Lost) -> None:
        super().__init__(why)
        self.why = why


@dataclass(frozen=True)
class Cursor:
    """A place in a log; another incarnation means that the log it belongs to was lost."""

    incarnation: str
    seq: int

    def __str__(self) -> str:
        return f"{self.incarnation}.{self.seq}"

    @classmethod
    def parse(cls, text: str) -> "Cursor":
        """Read a cursor from outside; anything odd is the start of an unknown log."""
        incarnation, _, seq = text.partition(".")
        valid = len(incarnation) <= 32 and seq.isascii() and seq.isdigit() and len(seq) < 12
        return cls(incarnation, int(seq)) if valid else cls("", 0)


@dataclass(frozen=True, kw_only=True)
class Append:
    """What must hold for an append, and what it changes beside the log. See `lua/append.lua`."""

    lease: int | None = None
    #: "agent", an operator id, or None for whoever.
    owner: str | None = None
    new_owner: str | None = None
    #: The customer wrote: a turn is due.
    inbound: bool = False
    #: Ends a turn that answers all up to here.
    answered: int | None = None
    #: Refuse with NEWER when the customer wrote after this.
    unless_after: int | None = None
    #: Refuse with STALE when anything of the customer came after this.
    seen: int | None = None
    dedupe: str | None = None
    row: dict[str, str] | None = None


class Store:
    """The one writer and reader of conversation logs."""

    def __init__(self, redis: Redis, cipher: Cipher, clock: Callable[[], datetime], *, retention_seconds: int) -> None:
        self.redis = redis
        self._cipher = cipher
        self._clock = clock
        self._ttl = retention_seconds
        self._append = redis.register_script((_SCRIPTS / "append.lua").read_text())
        self._forget = redis.register_script((_SCRIPTS / "forget.lua").read_text())
        self._lease = redis.register_script((_SCRIPTS / "lease.lua").read_text())

    def key(self, conversation: str, part: str) -> str:
        """Return a key of the conversation; all of them and the due set share one slot."""
        return f"{_tag(conversation)}:{conversation}:{part}"

    async def start(self, conversation: str, started: ConversationStarted) -> None:
        """Begin a log that is not there; a log that is there stays as it is."""
        await self._write(conversation, [started], [], {"start": secrets.token_hex(6), "inbound": started.recovered})

    async def append(
        self, conversation: str, events: Sequence[Event], how: Append | None = None, *, staff: Sequence[StaffEvent] = ()
    ) -> Cursor:
        """Append all events or none, in one step; raise `AppendRefusedError` when a condition does not hold."""
        how = how or Append()
        header = {name: value for name, value in vars(how).items() if value is not None}
        return await self._write(conversation, events, staff, header)

    async def _write(
        self, conversation: str, events: Sequence[Event], staff: Sequence[StaffEvent], header: dict[str, Any]
    ) -> Cursor:
        header |= {"events": len(events), "ttl": self._ttl, "now": time.time(), "conversation": conversation}
        now = self._clock()
        payloads = [self._sealed(conversation, event, now) for event in (*events, *staff)]
        tag = _tag(conversation)
        keys = [self.key(conversation, part) for part in ("events", "staff", "meta", "seen")]
        answer = await self._append(keys=[*keys, f"{tag}:due", f"{tag}:open"], args=[json.dumps(header), *payloads])
        if answer[0] == b"refused":
            raise AppendRefusedError(Lost(answer[1].decode()))
        await self.redis.publish(WAKE, conversation)
        return Cursor(answer[0].decode(), int(answer[1]))

    def _sealed(self, conversation: str, event: Event | StaffEvent, now: datetime) -> bytes:
        written = event.model_copy(update={"at": now}).model_dump_json(exclude={"seq"})
        return self._cipher.seal(written.encode(), conversation.encode())

    async def read(self, conversation: str, after: int = 0) -> list[Event]:
        """Return the log's events after a sequence number."""
        rows = await self._range(conversation, "events", after)
        return [EVENTS.validate_python(row) for row in rows]

    async def read_staff(self, conversation: str, after: int = 0) -> list[StaffEvent]:
        """Return the staff-only events after a sequence number."""
        rows = await self._range(conversation, "staff", after)
        return [STAFF_EVENTS.validate_python(row) for row in rows]

    async def _range(self, conversation: str, part: str, after: int) -> list[dict[str, Any]]:
        rows: Any = await self.redis.xrange(self.key(conversation, part), min=f"({after}-0")
        opened = []
        for row_id, fields in rows:
            event = json.loads(self._cipher.open(fields[b"e"], conversation.encode()))
            opened.append(event | {"seq": int(row_id.partition(b"-")[0])})
        return opened

    async def load(self, conversation: str) -> Conversation:
        """Return the conversation's state now."""
        return fold(conversation, await self.read(conversation))

    async def incarnation(self, conversation: str) -> str | None:
        """Return the id of the conversation's present log, or None where there is none."""
        return await self._meta(conversation, "incarnation")

    async def owner(self, conversation: str) -> str | None:
        """Return who holds the conversation, or None where there is no log."""
        return await self._meta(conversation, "owner")

    async def _meta(self, conversation: str, field: str) -> str | None:
        found: Any = await self.redis.hget(self.key(conversation, "meta"), field)
        return found.decode() if found else None

    async def newest_inbound(self, conversation: str) -> int:
        """Return the sequence number of the customer's last words or choice."""
        return int(await self._meta(conversation, "last_in") or 0)

    async def settled(self, conversation: str) -> int:
        """Return the sequence number up to which tickets are with the outbox."""
        return int(await self._meta(conversation, "settled") or 0)

    async def last(self, conversation: str) -> int:
        """Return the sequence number of the newest event of both streams."""
        return int(await self._meta(conversation, "seq") or 0)

    async def lease(self, conversation: str, seconds: float) -> int | None:
        """Take the conversation's turn lease and return its number, or None while another has it."""
        return await self._leased(conversation, "take", seconds)

    async def renew(self, conversation: str, lease: int, seconds: float) -> bool:
        """Extend a lease that is still ours."""
        return await self._leased(conversation, "renew", seconds, lease) is not None

    async def release(self, conversation: str, lease: int) -> None:
        """Give a lease back."""
        await self._leased(conversation, "release", 0, lease)

    async def _leased(self, conversation: str, what: str, seconds: float, lease: int = 0) -> int | None:
        number = await self._lease(keys=[self.key(conversation, "meta")], args=[what, int(seconds * 1000), lease])
        return int(number) if number else None

    async def due(self) -> list[str]:
        """Return conversations that wait for a turn."""
        pipeline = self.redis.pipeline(transaction=False)
        for bucket in range(BUCKETS):
            pipeline.zrange(f"fc:{{b{bucket:02}}}:due", 0, 99)
        return [one.decode() for bucket in await pipeline.execute() for one in bucket]

    async def forget_if_gone(self, conversation: str) -> bool:
        """Take a conversation whose log has expired off the due set; answer whether it was one."""
        keys = [self.key(conversation, "meta"), f"{_tag(conversation)}:due"]
        return bool(await self._forget(keys=keys, args=[conversation]))

    async def make_due(self, conversation: str) -> None:
        """Schedule a turn for reasons other than the customer's words."""
        await self.redis.zadd(f"{_tag(conversation)}:due", {conversation: time.time()})
        await self.redis.publish(WAKE, conversation)

    async def open_rows(self) -> dict[str, dict[str, str]]:
        """Return what the desk lists: for each open conversation its row, newest activity first."""
        pipeline = self.redis.pipeline(transaction=False)
        for bucket in range(BUCKETS):
            pipeline.zrevrange(f"fc:{{b{bucket:02}}}:open", 0, 199, withscores=True)
        found = [one for bucket in await pipeline.execute() for one in bucket]
        found.sort(key=lambda one: -one[1])
        pipeline = self.redis.pipeline(transaction=False)
        for conversation, _ in found:
            pipeline.hgetall(self.key(conversation.decode(), "meta"))
        rows: dict[str, dict[str, str]] = {}
        for (conversation, score), meta in zip(found, await pipeline.execute(), strict=True):
            if meta:
                row = {name.decode(): value.decode() for name, value in meta.items()}
                rows[conversation.decode()] = row | {"updated": str(score)}
        return rows

    async def current(self, customer: str) -> str | None:
        """Return the conversation a signed-in customer last had."""
        found: Any = await self.redis.get(_customer_key(customer))
        return found.decode() if found else None

    async def set_current(self, customer: str, conversation: str) -> None:
        """Remember the conversation a signed-in customer has."""
        await self.redis.set(_customer_key(customer), conversation, ex=self._ttl)

    async def forget_customer(self, customer: str) -> None:
        """Forget which conversation a signed-in customer last had."""
        await self.redis.delete(_customer_key(customer))


def _tag(conversation: str) -> str:
    return f"fc:{{b{zlib.crc32(conversation.encode()) % BUCKETS:02}}}"


def _customer_key(customer: str) -> str:
    return f"{_tag(customer)}:customer:{customer}"
