"""How well signals are seen: what share of what carries one is found, and how much else is taken for it."""

from collections.abc import Iterable, Sequence
from typing import Any

from agent.understand.base import Signal
from agent.understand.signals import signals_of

#: What a row of a labelled file tells, and the signal that should answer to it.
_COLUMNS = (("frustrated", Signal.FRUSTRATION), ("label", Signal.INSTRUCTION))


def figures(rows: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return recall and false alarms of each signal the rows tell of, overall, then by source."""
    found = []
    listed = [row for row in rows if isinstance(row.get("text"), str)]
    for column, signal in _COLUMNS:
        told = [
            (str(row.get("source", "")), int(row[column]), row["text"]) for row in listed if row.get(column) in (0, 1)
        ]
        if told:
            seen = [(source, carries, signal in signals_of(text)) for source, carries, text in told]
            found.append({"signal": signal.value, "source": "all"} | _rates(seen))
            # What stands before a colon names the family of sources.
            families = sorted({source.partition(":")[0] for source, _, _ in seen})
            found += [
                {"signal": signal.value, "source": one}
                | _rates([row for row in seen if row[0].partition(":")[0] == one])
                for one in families
            ]
    return found


def _rates(seen: Sequence[tuple[str, int, bool]]) -> dict[str, Any]:
    with_it = [raised for _, carries, raised in seen if carries]
    without = [raised for _, carries, raised in seen if not carries]
    return {
        "carrying": len(with_it),
        "recall": round(sum(with_it) / len(with_it), 4) if with_it else None,
        "ordinary": len(without),
        "false_alarms": round(sum(without) / len(without), 4) if without else None,
    }
