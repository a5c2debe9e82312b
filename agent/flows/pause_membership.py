"""Letting a membership rest for some periods."""

import re

from agent.flow import Ask, Charter, Do, Flow, Option, Resolve, View
from agent.flows.memberships import choose_membership
from agent.flows.telling import done
from agent.texts import text
from guardrails.identity import Level
from tools.actions.pause_subscription import PAUSE_SUBSCRIPTION, Output
from tools.words import day

_COUNTS = {"one": "1", "a": "1", "two": "2", "three": "3"}
_PERIODS = re.compile(r"\b(?P<count>one|two|three|a|[1-9]) (?:month|period)s?\b", re.I)


def hear(words: str) -> dict[str, str]:
    """Return for how many periods, as far as the words say."""
    found = _PERIODS.search(words)
    return {"periods": _COUNTS.get(found["count"].lower(), found["count"])} if found else {}


def _periods(view: View) -> tuple[Option, ...]:
    most: int = view.rules.pause_periods
    return tuple(Option(str(one), text("periods", count=str(one))) for one in range(1, most + 1))


def _args(view: View) -> dict[str, object]:
    return {"subscription": view.case.slots["subscription"], "periods": int(view.case.slots["periods"])}


FLOW = Flow(
    ticket_type="pause_membership",
    policy="POL-MEMBERSHIP",
    labels=("pause_subscription",),
    identity=Level.SIGNED_IN,
    hear=hear,
    tags=("membership", "pause"),
    instead=("cancel_membership",),
    charter=Charter(
        scope="The customer's own active membership.",
        success="It reads back as paused until the day it goes on.",
        eligibility="It is active; the rest is no longer than the policy allows.",
        never="A pause without an end.",
        documented="Membership, day it goes on, receipt, POL-MEMBERSHIP.",
        escalates="A refusal nobody foresaw; an outcome nobody can see.",
    ),
    steps=(
        *choose_membership("active"),
        Ask(slot="periods", ask="ask_periods", options=_periods, thing=False),
        Do(
            action=PAUSE_SUBSCRIPTION,
            args=_args,
            said=done("membership_paused", Output, resumes=lambda made: day(made.resumes_at)),
            refused={"too_long": "pause_too_long"},
            progress="changing_membership",
        ),
        Resolve(code="membership_paused"),
    ),
)
