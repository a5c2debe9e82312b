"""The customer asked for a person: always granted, with any model and any system down."""

from agent.flow import Escalate, Flow
from guardrails.identity import Level

FLOW = Flow(
    ticket_type="talk_to_person",
    policy="POL-HANDOVER",
    identity=Level.ANONYMOUS,
    tags=("handoff",),
    steps=(Escalate(reason="asked_for_person"),),
)
