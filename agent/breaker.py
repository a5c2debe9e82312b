"""Leaves a model alone for a while after faults in a row, so that a dead one costs few customers the time-out."""

import time
from collections.abc import Callable


class Breaker:
    """Closed while calls succeed; after `faults` in a row open for `rest` seconds, then one call may try."""

    def __init__(self, faults: int = 3, rest: float = 30.0, clock: Callable[[], float] = time.monotonic) -> None:
        self._limit = faults
        self._rest = rest
        self._clock = clock
        self._row = 0
        self._until = 0.0

    def allows(self) -> bool:
        """Answer whether a call may be made now; while resting over, the first who asks is the one that tries."""
        if self._row < self._limit:
            return True
        if self._clock() < self._until:
            return False
        self._until = self._clock() + self._rest
        return True

    def succeeded(self) -> None:
        """Note an answer."""
        self._row = 0

    def failed(self) -> None:
        """Note a fault."""
        self._row += 1
        if self._row >= self._limit:
            self._until = self._clock() + self._rest
