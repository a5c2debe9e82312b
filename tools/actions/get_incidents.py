"""What goes wrong for many just now, in words that customers may read."""

from dataclasses import asdict
from datetime import datetime
from typing import Any

from guardrails.identity import Level
from tools.action import Action, Effect, Facts, Strict


class Input(Strict):
    """Nothing: incidents are everybody's."""


class IncidentView(Strict):
    id: str
    area: str
    title: str
    message: str
    affects: tuple[str, ...]  # carriers or order numbers
    started_at: datetime
    resolved_at: datetime | None


class Output(Strict):
    incidents: tuple[IncidentView, ...]  # open ones first


async def _execute(facts: Facts, _given: Any, _key: str) -> Output:
    found = await facts.systems.incidents.incidents()
    return Output(incidents=tuple(IncidentView(**asdict(one)) for one in found))


GET_INCIDENTS = Action(
    name="get_incidents", effect=Effect.READ, identity=Level.ANONYMOUS, input=Input, output=Output, execute=_execute
)
