"""Is something down: known incidents are told; an unknown one goes to a person."""

import re

from agent.flow import Charter, Check, Escalate, Flow, Look, Resolve, Tell, View
from agent.flows.telling import read_fact
from agent.reply import Said
from guardrails.identity import Level
from tools.actions.get_incidents import GET_INCIDENTS, IncidentView, Output

_AREAS = (
    ("delivery", re.compile(r"deliver|parcel|package|shipping|courier|carrier", re.I)),
    ("payment", re.compile(r"pay|card|charge|checkout", re.I)),
    ("site", re.compile(r"site|page|app|log ?in|sign ?in|server|down|load", re.I)),
)


def hear(words: str) -> dict[str, str]:
    """Return where the trouble is, as far as the words say."""
    area = next((name for name, said in _AREAS if said.search(words)), None)
    return {"area": area} if area else {}


def open_incidents(view: View) -> tuple[IncidentView, ...]:
    """Return the open incidents of the area the customer names, as this turn has read them."""
    found = view.read(GET_INCIDENTS, {}, Output).incidents
    area = view.case.slots.get("area")
    return tuple(one for one in found if one.resolved_at is None and area in (None, one.area))


def tell_incidents(view: View) -> tuple[Said, ...]:
    """Say each open incident in the words the company has for it."""
    found = view.read(GET_INCIDENTS, {}, Output)
    return tuple(
        read_fact("incident", f"incident:{one.id}", found, title=one.title, message=one.message)
        for one in open_incidents(view)
    )


FLOW = Flow(
    ticket_type="outage",
    policy=None,
    labels=("outage",),
    identity=Level.ANONYMOUS,
    hear=hear,
    tags=("incident",),
    charter=Charter(
        scope="Whether something is down for everybody.",
        success="The customer knows the incident that is open.",
        eligibility="Anybody.",
        never="A promise of when it ends that the incident does not make.",
        documented="The incidents told.",
        escalates="Nothing known is open.",
    ),
    steps=(
        Look(action=GET_INCIDENTS, progress="looking_incidents"),
        Check(test=lambda view: bool(open_incidents(view)), otherwise=Escalate(reason="unknown_outage")),
        Tell(say=tell_incidents),
        Resolve(code="incident_told"),
    ),
)
