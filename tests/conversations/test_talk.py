"""Everything around the requests: persons, questions, small talk, corrections, bursts."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from agent.bootstrap import Company
from agent.events import AgentSaid, CaseEnded, HandedOff, OperatorJoined, Progressed, TurnFinished
from agent.store import AppendRefusedError
from agent.takeover import NotHolderError, Operator
from agent.testing import Chat, shop_refunds
from agent.turn import take_turn

Open = Callable[[str | None], Awaitable[Chat]]
MAYA = "cus-0001"


async def test_a_question_is_answered_from_an_article(chat: Open) -> None:
    """The answer quotes an article and links it."""
    visitor = await chat(None)
    said = await visitor.says("How long can I return things?")
    sources = [s.id for event in await visitor.log() if isinstance(event, AgentSaid) for s in event.sources]
    assert "30" in said
    assert sources
    assert (await visitor.tickets())[0].code == "answered"


async def test_a_question_in_the_middle_leaves_the_offer_open(chat: Open, company: Company) -> None:
    """A digression is answered and the confirmation still counts."""
    maya = await chat(MAYA)
    await maya.says("refund the mug from order 1043, it came smashed")
    await maya.says("How long does a refund take to show up?")
    await maya.confirms()
    assert len(await shop_refunds(company, MAYA, "1043")) == 1


@pytest.mark.parametrize("words", ["I want to talk to a person", "human please", "can I speak to someone?"])
async def test_a_person_is_always_granted(chat: Open, words: str) -> None:
    """Who asks for a person gets one, with the reason on record."""
    visitor = await chat(None)
    await visitor.says(words)
    assert [event.reason for event in await visitor.log() if isinstance(event, HandedOff)] == ["asked_for_person"]


async def test_the_third_time_nothing_is_understood_a_person_comes(chat: Open) -> None:
    """Clarification does not go in circles."""
    visitor = await chat(None)
    for words in ("asdfghjkl", "qwerty uiop zxcv", "lorem ipsum dolor"):
        await visitor.says(words)
    assert [event.reason for event in await visitor.log() if isinstance(event, HandedOff)] == ["not_understood"]


async def test_after_the_claim_no_agent_event_follows(chat: Open, company: Company) -> None:
    """While an operator holds the conversation the agent is silent."""
    visitor = await chat(None)
    await visitor.says("human please")
    await company.app.takeover.claim(visitor.id, visitor.operator)
    await visitor.says("where is my order?")
    log = await visitor.log()
    joined = next(place for place, event in enumerate(log) if isinstance(event, OperatorJoined))
    assert not any(isinstance(event, AgentSaid | Progressed | TurnFinished) for event in log[joined:])


async def test_after_release_the_agent_answers_again(chat: Open, company: Company) -> None:
    """A release opens a fresh episode: no handoff loop."""
    maya = await chat(MAYA)
    await maya.says("human please")
    await company.app.takeover.claim(maya.id, maya.operator)
    await maya.operator_says("Hello, how can I help?")
    await company.app.takeover.release(maya.id, maya.operator)
    assert "Order 1051" in await maya.says("where is order 1051?")


async def test_fifty_claims_at_once_have_one_winner(chat: Open, company: Company) -> None:
    """A claim is atomic."""
    visitor = await chat(None)
    operators = [Operator(f"op-{number}", "Sam Rivera", "operator") for number in range(50)]
    claims = [company.app.takeover.claim(visitor.id, operator) for operator in operators]
    results = await asyncio.gather(*claims, return_exceptions=True)
    assert sum(isinstance(result, int) for result in results) == 1
    assert sum(isinstance(result, AppendRefusedError) for result in results) == 49


async def test_a_claim_pressed_twice_is_one_claim(chat: Open, company: Company) -> None:
    """Whoever holds it already is told so again; the log shows them joining once."""
    visitor = await chat(None)
    claims = [company.app.takeover.claim(visitor.id, visitor.operator) for _ in range(5)]
    assert await asyncio.gather(*claims) == [1] * 5
    assert sum(isinstance(event, OperatorJoined) for event in await visitor.log()) == 1


async def test_who_does_not_hold_it_cannot_speak(chat: Open) -> None:
    """Operators speak only in conversations they hold."""
    visitor = await chat(None)
    with pytest.raises(NotHolderError):
        await visitor.operator_says("Hello")


async def test_a_reply_on_a_stale_view_is_refused(chat: Open, company: Company) -> None:
    """What the customer wrote meanwhile must be read first."""
    visitor = await chat(None)
    await company.app.takeover.claim(visitor.id, visitor.operator)
    seen = (await visitor.state()).seq
    await visitor.writes("one more thing")
    from agent.store import Cursor  # noqa: PLC0415

    with pytest.raises(AppendRefusedError, match="stale"):
        await company.app.takeover.say(visitor.id, visitor.operator, "Done", seen=Cursor("", seen))


async def test_a_burst_is_one_turn(chat: Open) -> None:
    """Messages sent before the turn ends are answered together."""
    maya = await chat(MAYA)
    for words in ("hi", "where is", "order 1051?"):
        await maya.writes(words)
    await maya.turn()
    finished = [event for event in await maya.log() if isinstance(event, TurnFinished)]
    assert len(finished) == 1


async def test_two_processes_take_one_turn(chat: Open, company: Company) -> None:
    """The lease lets one process answer; nothing is said twice."""
    maya = await chat(MAYA)
    await maya.writes("where is order 1051?")
    await asyncio.gather(*(take_turn(company.app.parts, maya.id) for _ in range(5)))
    log = await maya.log()
    assert sum(isinstance(event, TurnFinished) for event in log) == 1
    assert sum(isinstance(event, CaseEnded) for event in log) == 1


async def test_never_mind_ends_the_case_without_effect(chat: Open, company: Company) -> None:
    """A cancelled request changes nothing."""
    maya = await chat(MAYA)
    await maya.says("refund the mug from order 1043, it came smashed")
    await maya.says("never mind")
    assert await shop_refunds(company, MAYA, "1043") == []


async def test_asked_whether_it_is_a_robot_it_says_so(chat: Open) -> None:
    """The agent never passes for a person."""
    visitor = await chat(None)
    assert "AI agent" in await visitor.says("are you a robot?")


async def test_thanks_is_answered_kindly(chat: Open) -> None:
    """Small talk opens no case."""
    visitor = await chat(None)
    await visitor.says("thanks")
    assert (await visitor.state()).cases == ()
