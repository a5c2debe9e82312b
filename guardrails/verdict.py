"""What a guard answers: a value, never an exception."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Allowed:
    """The guard has no objection."""


@dataclass(frozen=True)
class Denied:
    """The guard objects; `code` is from a closed list and safe to log."""

    code: str


Verdict = Allowed | Denied
