"""What the shop's app and site saw go wrong for the customer."""

from dataclasses import asdict
from datetime import datetime
from typing import Any

from guardrails.identity import Level
from tools.action import Action, Effect, Facts, Strict


class Input(Strict):
    """Nothing: the session says whose events they are."""


class EventView(Strict):
    at: datetime
    area: str
    code: str
    version: str
    device: str


class Output(Strict):
    events: tuple[EventView, ...]  # newest first


async def _execute(facts: Facts, _given: Any, _key: str) -> Output:
    events = await facts.systems.telemetry.events(facts.customer)
    return Output(events=tuple(EventView(**asdict(one)) for one in events))


GET_TELEMETRY = Action(
    name="get_telemetry", effect=Effect.READ, identity=Level.SIGNED_IN, input=Input, output=Output, execute=_execute
)
