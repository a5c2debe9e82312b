"""What the audit trail says of a call: which gates it passed, and the names of the fields that were read."""

from collections.abc import Iterator

from guardrails.audit_fields import MOST_ATOMS, Field
from tools.action import Done, NeedsApproval, NeedsConfirmation, Outcome, Proposed, Refused
from tools.call import Call
from tools.fields import field_names


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
