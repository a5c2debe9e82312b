"""A question that the articles answer; nothing about an account is said here."""

from agent.flow import Answer, Charter, Flow, Resolve
from guardrails.identity import Level

FLOW = Flow(
    ticket_type="policy_question",
    policy=None,
    identity=Level.ANONYMOUS,
    tags=("knowledge",),
    charter=Charter(
        scope="Questions that the articles answer.",
        success="The best section was quoted with its article.",
        eligibility="Anybody.",
        never="Anything about an account; anything that no article says.",
        documented="The article that answered.",
        escalates="No article answers and the customer wants a person.",
    ),
    steps=(Answer(), Resolve(code="answered")),
)
