"""Something on the site or in the app does not work: gathered, and one engineering ticket for the same symptom."""

import re

from agent.flow import Ask, Charter, Do, Flow, Look, Resolve, View
from agent.flows.spoken import hear_words
from agent.flows.telling import done
from guardrails.identity import Level
from tools.actions.get_telemetry import GET_TELEMETRY, EventView
from tools.actions.get_telemetry import Output as Telemetry
from tools.actions.open_engineering_ticket import OPEN_ENGINEERING_TICKET, Output

_AREAS = (
    ("checkout", re.compile(r"check ?out|basket|cart|coupon|promo|pay", re.I)),
    ("login", re.compile(r"log ?in|sign ?in|password|session", re.I)),
    ("app", re.compile(r"\bapp\b|phone|android|ios|upload", re.I)),
    ("search", re.compile(r"search|filter", re.I)),
)


def hear(words: str) -> dict[str, str]:
    """Return what goes wrong, in the customer's words, and where."""
    area = next((name for name, said in _AREAS if said.search(words)), "site")
    return {"actual": words.strip()[:600], "area": area} if len(words.split()) > 3 else {}


def _seen(view: View) -> EventView | None:
    """Return the newest thing that went wrong for this customer in the area they name."""
    events = view.read(GET_TELEMETRY, {}, Telemetry).events
    return next((one for one in events if one.area == view.case.slots.get("area")), None)


def _args(view: View) -> dict[str, object]:
    slots, seen = view.case.slots, _seen(view)
    recent = view.read(GET_TELEMETRY, {}, Telemetry).events[:10]
    return {
        "area": slots.get("area", "site"),
        "symptom": seen.code if seen else f"{slots.get('area', 'site')}-not-working",
        "version": seen.version if seen else "not known",
        "device": seen.device if seen else slots["device"],
        "happened_at": (seen.at if seen else view.case.opened_at or view.now).isoformat(),
        "steps": slots["steps"],
        "expected": slots["expected"],
        "actual": slots["actual"],
        "events": [f"{one.area} {one.code} {one.version}" for one in recent],
    }


def _free(slot: str) -> Ask:
    return Ask(slot=slot, ask=f"ask_bug_{slot}", options=lambda _view: (), parse=hear_words, thing=False)


FLOW = Flow(
    ticket_type="bug_report",
    policy=None,
    labels=("bug_report",),
    identity=Level.SIGNED_IN,
    hear=hear,
    tags=("bug",),
    charter=Charter(
        scope="Faults of the site and the app.",
        success="An engineering ticket holds every part, linked to this chat.",
        eligibility="The customer is known, so that what their device reported can be read.",
        never="A ticket that lacks a part; a promise of when it is mended.",
        documented="Area, symptom, version, device, steps, expected, actual, the last error events; redacted.",
        escalates="The tracker does not answer.",
    ),
    steps=(
        Look(action=GET_TELEMETRY, progress="looking_errors"),
        _free("actual"),
        _free("steps"),
        _free("expected"),
        Ask(
            slot="device",
            ask="ask_bug_device",
            options=lambda _view: (),
            parse=hear_words,
            when=lambda view: _seen(view) is None,
            thing=False,
        ),
        Do(
            action=OPEN_ENGINEERING_TICKET,
            args=_args,
            masked=("steps", "expected", "actual", "device"),
            said=done("bug_done", Output, ticket=lambda made: made.ticket),
            progress="opening_ticket",
        ),
        Resolve(code="bug_reported"),
    ),
)
