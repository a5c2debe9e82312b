"""Name, phone and home address on the account; the e-mail address is changed by a person."""

import re
from collections.abc import Callable

from agent.flow import Ask, Charter, Check, Do, Escalate, Flow, Option, Resolve, View
from agent.flows.spoken import address, hear_address, hear_name, hear_phone
from agent.flows.telling import done
from agent.texts import text
from guardrails.identity import Level
from tools.actions.update_profile import UPDATE_PROFILE, Output

_PARTS = (
    ("email", re.compile(r"\be-?mail\b", re.I)),
    ("phone", re.compile(r"\b(phone|mobile|cell|telephone)\b", re.I)),
    ("address", re.compile(r"\b(address|moved|live)\b", re.I)),
    ("name", re.compile(r"\b(name|surname|married)\b", re.I)),
)
_READ: dict[str, Callable[[str], str | None]] = {"phone": hear_phone, "address": hear_address, "name": hear_name}


def hear(words: str) -> dict[str, str]:
    """Return which part of the profile is meant and its new value, as far as the words say."""
    part = next((name for name, said in _PARTS if said.search(words)), None)
    if part is None:
        return {}
    # A name is only what answers the question for it: in a sentence anything may look like one.
    value = _READ[part](words) if part in ("phone", "address") else None
    return {"part": part} | ({part: value} if value else {})


def _parts(_view: View) -> tuple[Option, ...]:
    return tuple(Option(name, text(f"profile_{name}"), names=(name,)) for name in ("phone", "address", "name", "email"))


def _is(part: str) -> Callable[[View], bool]:
    return lambda view: view.case.slots.get("part") == part


def _new(part: str) -> Ask:
    return Ask(slot=part, ask=f"ask_new_{part}", options=lambda _: (), parse=_READ[part], when=_is(part), thing=False)


def _args(view: View) -> dict[str, object]:
    part = view.case.slots["part"]
    value = view.case.slots[part]
    return {part: address(value) if part == "address" else value}


FLOW = Flow(
    ticket_type="update_profile",
    policy="POL-ACCOUNT",
    labels=("update_account_details",),
    identity=Level.SIGNED_IN,
    hear=hear,
    tags=("account", "profile"),
    charter=Charter(
        scope="Name, phone number and home address of the customer's own account.",
        success="The account reads back with the new value.",
        eligibility="The account is not frozen.",
        never="The e-mail address: whoever holds the mailbox holds the account.",
        documented="Which field, receipt, POL-ACCOUNT; never the value.",
        escalates="A change of the e-mail address.",
    ),
    steps=(
        Ask(slot="part", ask="ask_profile_part", options=_parts, thing=False),
        Check(test=lambda view: not _is("email")(view), otherwise=Escalate(reason="identity_change")),
        *(_new(part) for part in _READ),
        Do(
            action=UPDATE_PROFILE,
            args=_args,
            said=done("profile_done", Output),
            progress="changing_account",
        ),
        Resolve(code="profile_changed"),
    ),
)
