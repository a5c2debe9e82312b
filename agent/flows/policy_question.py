"""A question that the articles answer; nothing about an account is said here."""

from agent.flow import Answer, Flow, Resolve
from guardrails.identity import Level

FLOW = Flow(
    ticket_type="policy_question",
    policy=None,
    identity=Level.ANONYMOUS,
    tags=("knowledge",),
    steps=(Answer(), Resolve(code="answered")),
)
