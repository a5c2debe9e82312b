"""Praise and suggestions: noted for the team."""

from agent.flow import Charter, Flow, Resolve, Tell
from agent.reply import plain
from guardrails.identity import Level

FLOW = Flow(
    ticket_type="feedback",
    policy=None,
    labels=("feedback",),
    identity=Level.ANONYMOUS,
    tags=("feedback",),
    charter=Charter(
        scope="Praise, reviews and suggestions.",
        success="It is in a ticket that the team reads.",
        eligibility="Anybody.",
        never="A promise that something will be changed.",
        documented="The customer's words, redacted.",
        escalates="It is a complaint after all.",
    ),
    steps=(Tell(say=lambda _view: (plain("feedback_noted"),)), Resolve(code="feedback_noted")),
)
