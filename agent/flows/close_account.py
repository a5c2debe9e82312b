"""Closing an account: what is still open is a person's to settle first."""

from agent.flow import Charter, Escalate, Flow
from guardrails.identity import Level

FLOW = Flow(
    ticket_type="close_account",
    policy="POL-PRIVACY",
    labels=("close_account",),
    identity=Level.SIGNED_IN,
    tags=("account", "closing"),
    charter=Charter(
        scope="The customer's own account.",
        success="A person has taken it up with the customer known.",
        eligibility="The customer is known.",
        never="Closing by the agent: it cannot be taken back.",
        documented="The wish.",
        escalates="Always.",
    ),
    steps=(Escalate(reason="close_account"),),
)
