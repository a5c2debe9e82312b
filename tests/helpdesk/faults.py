"""Everything that can go wrong between us and a helpdesk, at random but from a fixed seed."""

import random
from collections import Counter
from collections.abc import Awaitable, Callable
from typing import Any

import httpx

from tools.helpdesk.errors import DelayedError, DeliveryError, NotSentError


class CrashError(BaseException):
    """The process is gone: nothing after this line runs, as after a kill."""


class Faults:
    """Decides what happens to a request; `kinds` counts what did."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)  # noqa: S311
        self.kinds: Counter[str] = Counter()

    def pick(self) -> str:
        """Return what goes wrong, if anything."""
        names = ("fine", "429", "500_before", "503_before", "500_after", "unreachable", "silent_before", "silent_after",
                 "crash_before", "crash_after")  # fmt: skip
        found = self._random.choices(names, weights=(86, 3, 1, 1, 2, 1, 1, 3, 1, 1))[0]
        self.kinds[found] += 1
        return found

    async def checkpoint(self, _name: str) -> None:
        """Let the process die between two steps of a delivery."""
        if self._random.random() < 0.02:
            self.kinds["crash_between"] += 1
            raise CrashError


class FaultyTransport(httpx.AsyncBaseTransport):
    """HTTP that fails before or after the effect."""

    def __init__(self, inner: httpx.AsyncBaseTransport, faults: Faults) -> None:
        self._inner = inner
        self._faults = faults

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Answer, or fail as picked."""
        kind = self._faults.pick()
        if kind == "429":
            return httpx.Response(429, headers={"Retry-After": "0.05"}, request=request)
        if kind in ("500_before", "503_before"):
            return httpx.Response(int(kind[:3]), request=request)
        if kind == "unreachable":
            raise httpx.ConnectError("refused", request=request)
        if kind == "silent_before":
            raise httpx.ReadTimeout("silent", request=request)
        if kind == "crash_before":
            raise CrashError
        answer = await self._inner.handle_async_request(request)
        if kind == "500_after":
            return httpx.Response(500, request=request)
        if kind == "silent_after":
            raise httpx.ReadTimeout("silent", request=request)
        if kind == "crash_after":
            raise CrashError
        return answer


_BEFORE = {"429": DelayedError("http_429", 0.05), "500_before": DeliveryError("http_500"),
           "503_before": DeliveryError("http_503"), "unreachable": NotSentError("ConnectError"),
           "silent_before": DeliveryError("ReadTimeout"), "crash_before": CrashError()}  # fmt: skip
_AFTER = {
    "500_after": DeliveryError("http_500"),
    "silent_after": DeliveryError("ReadTimeout"),
    "crash_after": CrashError(),
}


class FaultyDesk:
    """A helpdesk without HTTP that fails in the same ways."""

    def __init__(self, inner: Any, faults: Faults) -> None:
        self._inner = inner
        self._faults = faults
        self.promise, self.lag = inner.promise, inner.lag

    def __getattr__(self, name: str) -> Callable[..., Awaitable[Any]]:
        """Return a call of the real one that may fail before or after its effect."""

        async def called(*args: Any, **named: Any) -> Any:
            kind = self._faults.pick()
            if kind in _BEFORE:
                raise _BEFORE[kind]
            done = await getattr(self._inner, name)(*args, **named)
            if kind in _AFTER:
                raise _AFTER[kind]
            return done

        return called
