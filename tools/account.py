"""What the audit trail says of a call: which gates it passed, and the names of the fields that were read."""

from collections.abc import Iterator
from typing import Any

from guardrails.audit_fields import MOST_ATOMS, Field
from tools.action import Done, NeedsApproval, NeedsConfirmation, Outcome, Proposed, Refused
from tools.call import Call


def accounted(call: Call, trail: list[str], outcome: Outcome) -> dict[str, Field]:
    """Return the verdict of every gate in order, the names of the output's fields, and the policy that decided."""
    fields: dict[str, Field] = {"verdicts": tuple(_verdicts(trail, outcome))}
    if isinstance(outcome, Done):
        fields["read"] = tuple(field_names(outcome.output))[:MOST_ATOMS]
    if call.policy_hash:
        fields["policy"] = call.policy_hash[:16]
    return fields


def _verdicts(trail: list[str], outcome: Outcome) -> Iterator[str]:
    stopped = isinstance(outcome, NeedsConfirmation | NeedsApproval | Proposed)
    for gate in trail[:-1] if stopped else trail:
        if not (isinstance(outcome, Refused) and gate == outcome.gate):
            yield f"{gate}:passed"
    if isinstance(outcome, Refused):
        yield f"{outcome.gate}:{outcome.code}"
    elif stopped:
        yield f"{trail[-1]}:{outcome.status}"


def field_names(output: dict[str, Any]) -> list[str]:
    """Return the names of all fields in an output, dotted and sorted; values stay out."""
    return sorted(set(_names(output, "")))


def _names(value: Any, path: str) -> Iterator[str]:
    match value:
        case dict() if value:
            for name, inner in value.items():
                yield from _names(inner, f"{path}.{name}" if path else name)
        case list() if value:
            for inner in value:
                yield from _names(inner, path)
        case _:
            if path:
                yield path
