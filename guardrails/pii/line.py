"""What becomes of a value on its way into the log: plain JSON, no object's own words, no exception's text."""

import traceback
from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal
from enum import Enum
from pathlib import PurePath
from typing import Any
from uuid import UUID

_DEEPEST = 6
_LONGEST = 16_384
_MOST_FRAMES = 20
_BIG_NUMBER = 10**9

Plain = str | int | float | bool | None | list["Plain"] | dict[str, "Plain"]


def plain(value: object, depth: int = 0) -> Plain:
    """Return the value as JSON; an object that is none becomes the name of its type."""
    result: Plain = f"<{type(value).__name__}>"
    match value:
        case Enum():
            result = plain(value.value)
        case None | bool() | float() | int() | str():
            result = value
        case BaseException():
            result = fault(value)
        case date():
            result = value.isoformat()
        case Decimal() | UUID() | PurePath():
            result = str(value)
        case Mapping() if depth < _DEEPEST:
            result = {str(key): plain(one, depth + 1) for key, one in value.items()}
        case list() | tuple() | set() | frozenset() if depth < _DEEPEST:
            result = [plain(one, depth + 1) for one in value]
    return result


def fault(error: BaseException, depth: int = 0) -> dict[str, Plain]:
    """Return an exception as its type and frames: its text may quote what a customer wrote."""
    frames = traceback.extract_tb(error.__traceback__)[-_MOST_FRAMES:]
    described: dict[str, Plain] = {
        "type": type(error).__qualname__,
        "frames": [f"{'/'.join(PurePath(frame.filename).parts[-3:])}:{frame.lineno}" for frame in frames],
    }
    cause = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    if cause is not None and depth < _DEEPEST:
        described["cause"] = fault(cause, depth + 1)
    if isinstance(error, BaseExceptionGroup) and depth < _DEEPEST:
        described["group"] = [fault(one, depth + 1) for one in error.exceptions]
    return described


def without_text(message: str, error: BaseException | None) -> str:
    """Return a message with an exception's own words taken out of it."""
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        for words in (repr(error), str(error)):
            if len(words) > 3:
                message = message.replace(words, type(error).__qualname__)
        error = error.__cause__ or error.__context__
    return message


def cleaned(value: Plain, clean: Callable[[str], str]) -> Any:
    """Return the value with every string in it cleaned, keys and long numbers included."""
    match value:
        case str():
            return clean(value) if len(value) <= _LONGEST else f"<{len(value)} characters>"
        case bool() | float() | None:
            return value
        case int():
            return value if abs(value) < _BIG_NUMBER or clean(str(value)) == str(value) else clean(str(value))
        case list():
            return [cleaned(one, clean) for one in value]
    return {clean(key): cleaned(one, clean) for key, one in value.items()}
