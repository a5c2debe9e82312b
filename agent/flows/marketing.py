"""Newsletters and offers by e-mail: on or off."""

import re

from agent.flow import Ask, Charter, Do, Flow, Option, Resolve, View
from agent.flows.telling import done
from agent.texts import text
from guardrails.identity import Level
from tools.actions.update_profile import UPDATE_PROFILE, Output

_OFF = re.compile(
    r"unsubscri|\bstop\b|opt(ing)? out|no (more|longer)|don'?t (want|send)|take me off|remove me|off your|too many",
    re.I,
)
_ON = re.compile(r"\b(subscribe|sign (me )?up|opt(ing)? in|add me|start sending|put me on)\b", re.I)


def hear(words: str) -> dict[str, str]:
    """Return whether mails are wanted, as far as the words say."""
    if _OFF.search(words.replace("’", "'")):
        return {"wanted": "no"}
    return {"wanted": "yes"} if _ON.search(words) else {}


def _wishes(_view: View) -> tuple[Option, ...]:
    return tuple(Option(one, text(f"marketing_{one}")) for one in ("no", "yes"))


FLOW = Flow(
    ticket_type="marketing",
    policy="POL-PRIVACY",
    labels=("marketing_preferences",),
    identity=Level.SIGNED_IN,
    hear=hear,
    tags=("account", "marketing"),
    charter=Charter(
        scope="Newsletters and offers to the customer's own address.",
        success="The account reads back with the wish.",
        eligibility="The customer is known.",
        never="Mails about orders, which are always sent.",
        documented="The wish, receipt.",
        escalates="The customer asks for a person.",
    ),
    steps=(
        Ask(slot="wanted", ask="ask_marketing", options=_wishes, thing=False),
        Do(
            action=UPDATE_PROFILE,
            args=lambda view: {"marketing": view.case.slots["wanted"] == "yes"},
            said=done("marketing_done", Output),
            progress="changing_account",
        ),
        Resolve(code="preferences_changed"),
    ),
)
