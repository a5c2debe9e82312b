"""The customer asked for a person: always granted, with any model and any system down."""

from agent.flow import Charter, Escalate, Flow
from guardrails.identity import Level

FLOW = Flow(
    ticket_type="talk_to_person",
    policy="POL-HANDOVER",
    identity=Level.ANONYMOUS,
    tags=("handoff",),
    charter=Charter(
        scope="The wish for a person, whatever for.",
        success="A person has taken it up.",
        eligibility="Anybody.",
        never="Talking the customer out of it.",
        documented="That a person was asked for.",
        escalates="Always.",
    ),
    steps=(Escalate(reason="for_a_person"),),
)
