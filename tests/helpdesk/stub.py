"""Stand-ins for helpdesks that cannot run here: what each documents of itself, with its traps, behind HTTP.

They are written from the documented facts, not from our adapters: a field that is left out has the vendor's default.
"""

import json
import random
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

import httpx

Answer = tuple[int, Any]


@dataclass
class Entry:
    """A comment, note or journal line."""

    id: int
    body: str
    public: bool
    author: str
    at: datetime
    files: list[str] = field(default_factory=list)


@dataclass
class Held:
    """A ticket that a stand-in holds."""

    id: int
    mark: str
    email: str
    fields: dict[str, Any]
    entries: list[Entry] = field(default_factory=list)
    made_at: datetime = field(default_factory=lambda: datetime.now(UTC))
    merged_into: int | None = None
    lag: timedelta = timedelta(0)


class Stub(httpx.AsyncBaseTransport):
    """Routes requests to methods by pattern; keeps tickets in memory."""

    #: The longest time for which a search does not know what was written.
    lag = timedelta(0)

    def __init__(self) -> None:
        self.held: dict[int, Held] = {}
        self.requests: list[tuple[str, str]] = []
        self._numbers = 100
        self._random = random.Random(20261124)  # noqa: S311

    routes: ClassVar[dict[str, Callable[..., Answer]]] = {}

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        body = await request.aread()
        path = request.url.path
        self.requests.append((request.method, path))
        for pattern, answer in self.routes.items():
            method, _, rest = pattern.partition(" ")
            if method == request.method and (found := re.fullmatch(rest, path)):
                status, said = answer(self, request, body, *found.groups())
                return httpx.Response(status, content=json.dumps(said) if said is not None else b"", request=request)
        return httpx.Response(404, json={"error": f"no {request.method} {path}"}, request=request)

    def number(self) -> int:
        self._numbers += 1
        return self._numbers

    def live(self) -> list[Held]:
        """Return the tickets that are not merged into another one."""
        return [one for one in self.held.values() if one.merged_into is None]

    def found(self, test: Callable[[Held], bool]) -> list[Held]:
        """Search as the vendor does: not all that was just written is known yet."""
        now = datetime.now(UTC)
        return [one for one in self.live() if one.made_at + one.lag <= now and test(one)]

    def hold(self, held: Held) -> Held:
        """Keep a new ticket; the index learns of it sooner or later."""
        held.lag = self.lag * self._random.random()
        self.held[held.id] = held
        return held

    def say(self, held: Held, body: str, *, public: bool, author: str = "us", files: list[str] | None = None) -> Entry:
        """Add an entry, also for an operator or the customer."""
        entry = Entry(self.number(), body, public, author, datetime.now(UTC), files or [])
        held.entries.append(entry)
        return entry


def iso(moment: datetime) -> str:
    """Return a moment as most vendors write it."""
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
