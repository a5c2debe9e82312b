"""Benchmarks: figures as measured, never judged; ratios are taken within one run, because machines are noisy."""

import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from statistics import median, quantiles
from typing import Any

from agent.quality import benches


@dataclass(frozen=True, kw_only=True)
class Figure:
    """One measured number."""

    name: str
    value: float
    unit: str
    #: What it was measured on, so that a reader can repeat it.
    how: str = ""

    def as_dict(self) -> dict[str, Any]:
        """Return it as plain values."""
        return asdict(self)


#: Takes the folder of run-time files.
Bench = Callable[[Path], Sequence[Figure]]


def known() -> dict[str, Bench]:
    """Return every benchmark by its file's name; each file has a `bench`."""
    names = [module.name for module in iter_modules(benches.__path__)]
    return {name: import_module(f"{benches.__name__}.{name}").bench for name in names}


def timed(name: str, once: Callable[[], object], *, rounds: int, how: str = "", warm: int = 5) -> list[Figure]:
    """Return p50 and p95 of one call in milliseconds, after some rounds that do not count."""
    for _ in range(warm):
        once()
    taken = []
    for _ in range(rounds):
        start = time.perf_counter()
        once()
        taken.append((time.perf_counter() - start) * 1000)
    return [
        Figure(name=f"{name} p50", value=round(median(taken), 3), unit="ms", how=how),
        Figure(name=f"{name} p95", value=round(quantiles(taken, n=20)[-1], 3), unit="ms", how=how),
    ]
