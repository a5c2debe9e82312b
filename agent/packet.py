"""The handoff packet as a note: what the helpdesk's staff read who never open the desk."""

from collections.abc import Iterator

from tools.helpdesk.base import HandoffPacket


def as_note(packet: HandoffPacket) -> str:
    """Return the packet as plain lines, the drafted reply last and marked as a draft."""
    return "\n".join(_lines(packet))


def _lines(packet: HandoffPacket) -> Iterator[str]:
    yield f"Handed off: {packet.reason}"
    yield from packet.summary
    for checked in packet.checked:
        yield f"Checked: {checked.what}: {checked.result}"
    for acted in packet.actions:
        yield f"Action: {acted.what}: {acted.outcome}" + (f" ({acted.receipt})" if acted.receipt else "")
    for policy in packet.policies:
        yield f"Policy: {policy.id} “{policy.title}”, effective {policy.effective}"
    yield f"Identity: {packet.identity}"
    if packet.prior_tickets:
        yield f"Earlier tickets: {', '.join(packet.prior_tickets)}"
    yield f"Suggested next step: {packet.suggestion}"
    yield f"Transcript: {packet.transcript_url}"
    yield ""
    yield "Draft of a reply (not sent):"
    yield packet.draft
