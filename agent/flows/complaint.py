"""A complaint: a person hears it."""

from agent.flow import Charter, Escalate, Flow
from guardrails.identity import Level

FLOW = Flow(
    ticket_type="complaint",
    policy="POL-HANDOVER",
    labels=("complaint",),
    identity=Level.ANONYMOUS,
    tags=("complaint",),
    charter=Charter(
        scope="Anything a customer is unhappy with that names no request.",
        success="A person has taken it up.",
        eligibility="Anybody.",
        never="Arguing; a promise of money.",
        documented="What the customer says went wrong.",
        escalates="Always.",
    ),
    steps=(Escalate(reason="complaint"),),
)
