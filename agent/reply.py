"""Outcome and evidence into words: each sentence is released only with what backs it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import structlog

from agent.events import AgentSaid, Choice, Source
from agent.texts import text
from guardrails.outbound import Claim, Evidence, EvidenceKind, Sentence, check
from guardrails.spoken import Ceiling
from guardrails.verdict import Denied
from tools.words import day, money

log = structlog.get_logger()


@dataclass(frozen=True, kw_only=True)
class Said:
    """One sentence to say: its words, what kind of claim it makes, and what backs it."""

    words: str
    claim: Claim = Claim.NONE
    evidence: tuple[Evidence, ...] = ()
    choices: tuple[Choice, ...] = ()
    sources: tuple[Source, ...] = ()
    #: Kind but not needed: left out where the customer has had enough or something else is asked.
    optional: bool = False


#: Texts that nobody misses.
_OPTIONAL = frozenset(
    {"anything_else", "ask_again", "back_to", "back_to_order", "handed_off_closed", "sorry_for_it", "sorry_lost"}
)


def plain(key: str, *choices: Choice, **params: str) -> Said:
    """Return a sentence that claims nothing about the account."""
    return Said(words=text(key, **params), choices=choices, optional=key in _OPTIONAL)


def arranged(said: list[Said], *, short: bool, offers: bool) -> list[Said]:
    """Return what of a turn's sentences is said: one question only, and nothing needless to somebody who is angry.

    `offers` tells that a confirmation is shown, which is a question itself.
    """
    asked = offers or any(_asks(one) and not one.optional for one in said)
    return [one for one in said if not one.optional or not (short or (asked and _asks(one)))]


def _asks(one: Said) -> bool:
    return "?" in one.words


def evidence(kind: EvidenceKind, ref: str, facts: dict[str, Any]) -> Evidence:
    """Return evidence holding every value of a read or receipt, also as the customer reads it: money and days."""
    currency = facts.get("currency") or "USD"
    return Evidence(kind=kind, ref=ref, values=tuple(_values(facts, currency)))


def _values(fact: Any, currency: str) -> list[str]:
    match fact:
        case dict():
            return [value for one in fact.values() for value in _values(one, currency)]
        case list() | tuple():
            return [value for one in fact for value in _values(one, currency)]
        case bool() | None:
            return []
        case int():
            return [str(fact), money(fact, currency)]
        case datetime():
            return [day(fact)]
        case str():
            return [fact, *_as_day(fact)]
    return [str(fact)]


def _as_day(fact: str) -> list[str]:
    try:
        return [day(datetime.fromisoformat(fact))] if len(fact) > 9 else []
    except ValueError:
        return []


def person_button() -> Choice:
    """Return the button that always leads to a person."""
    return Choice(id="person", label=text("button_person"))


def compose(turn: int, said: list[Said], *, first: int = 0, ceiling: Ceiling | None = None) -> list[AgentSaid]:
    """Return the sentences as events; one without backing is replaced by the offer of a person, and logged."""
    events = []
    for n, one in enumerate(said, start=first):
        verdict = check(Sentence(text=one.words, claim=one.claim, evidence=one.evidence), ceiling=ceiling)
        if isinstance(verdict, Denied):
            log.error("sentence_withheld", turn=turn, n=n, claim=one.claim.value, code=verdict.code)
        released = plain("withheld", person_button()) if isinstance(verdict, Denied) else one
        words = released.words
        choices = tuple(
            one.model_copy(update={"label": ceiling.veiled(one.label)}) if ceiling else one for one in released.choices
        )
        events.append(AgentSaid(turn=turn, n=n, text=words, choices=choices, sources=released.sources))
    return events
