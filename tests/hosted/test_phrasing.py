"""With PHRASING=model replies are reworded where that is faithful, and said as composed everywhere else."""

import json

import pytest

from agent.events import AgentSaid, StepTraced
from agent.model import Fault
from agent.testing import Chat, shop_refunds
from agent.testing_model import Break, Open, Request, Script, calls, megabyte
from agent.wording import sentences, skeleton
from guardrails.audit import AuditEvent

STATUS = calls(("start", {"types": ["order_status"]}), ("set", {"slot": "order_id", "value": "1051"}))
#: What the model is shown, what a faithful model makes of it, and what the customer then reads.
SHOWN = (
    "Order {number1} ({name1} and {name2}) is on its way with {name3}.",
    "It should arrive by {date1}.",
    "The tracking number is {name1}.",
)
FLUENT = (
    "Your order {number1}, that is {name1} and {name2}, is on its way to you with {name3}.",
    "And it should arrive by {date1}.",
    "Your tracking number is {name1}, thanks.",
)
ITEMS = "Watering can, one gallon and Terracotta pot, 10 inch"
TEMPLATES = [
    f"Order 1051 ({ITEMS}) is on its way with Northpost.",
    "It should arrive by Tue, Nov 24.",
    "The tracking number is N008322869US.",
]
REWORDED = [
    f"Your order 1051, that is {ITEMS}, is on its way to you with Northpost.",
    "And it should arrive by Tue, Nov 24.",
    "Your tracking number is N008322869US, thanks.",
]


def saying(*reworded: str, end: str = "\nend") -> str:
    return "\n".join(f"{number}| {line}" for number, line in enumerate(reworded, start=1)) + end


async def told(hosted: Open, phrase: Script, **settings: object) -> tuple[list[str], Chat, list[Request]]:
    """Ask for an order with a model that rewords so; return the sentences that the customer reads."""
    here = await hosted(lambda request: STATUS if "tools" in request else phrase, phrasing="model", **settings)
    maya = await here.chat()
    await maya.says("hmm that stuff of mine 1051")
    said = [event.text for event in await maya.log() if isinstance(event, AgentSaid)]
    return [one for text in said for one in sentences(text)], maya, here.server.requests


async def turn_fault(chat: Chat) -> object:
    rows = await chat.parts.audit.rows(chat.id)
    return next(row.fields["model_fault"] for row in reversed(rows) if row.event is AuditEvent.TURN)


async def test_a_faithful_rewording_is_said_with_the_facts_in_their_places(hosted: Open) -> None:
    """W1, W2: the model is shown no fact, writes none, and the customer reads every one."""
    words, maya, requests = await told(hosted, Script(words=saying(*FLUENT)))
    assert words == REWORDED
    assert [line.partition("| ")[2] for line in requests[-1]["messages"][-1]["content"].splitlines()] == list(SHOWN)
    traced = [one for one in await maya.parts.store.read_staff(maya.id) if isinstance(one, StepTraced)]
    assert [one.line for one in traced if one.room == "reply"] == ["reworded:3"]


async def test_only_the_unfaithful_sentence_is_replaced(hosted: Open) -> None:
    """Sentence by sentence: one invented fact costs one rewording."""
    words, maya, _ = await told(hosted, Script(words=saying(FLUENT[0], "It arrived by {date1}.", FLUENT[2])))
    assert words == [REWORDED[0], TEMPLATES[1], REWORDED[2]]
    traced = [one for one in await maya.parts.store.read_staff(maya.id) if isinstance(one, StepTraced)]
    assert [one.line for one in traced if one.room == "reply"] == ["new_word:1 reworded:2"]


FAULTS = [
    (Script(breaks=Break.HANG), Fault.TIMEOUT, 0),
    (Script(breaks=Break.RATE_LIMIT), Fault.RATE_LIMITED, 0),
    (Script(breaks=Break.SERVER_ERROR), Fault.SERVER, 0),
    (Script(breaks=Break.CLOSED), Fault.SERVER, 0),
    (Script(breaks=Break.EMPTY), Fault.EMPTY, 0),
    (Script(words=saying(*FLUENT), finish="content_filter"), Fault.REFUSED, 3),
    (Script(words="I can't help with that.\nend"), None, 0),
    (Script(words=saying(*FLUENT), breaks=Break.DIES, piece=50, dies_after=3), Fault.CUT_OFF, 2),
    (Script(words=saying(*FLUENT, end="")), Fault.CUT_OFF, 2),
    (Script(words=saying(FLUENT[0], end="\n")), Fault.CUT_OFF, 1),
    (Script(words=saying(*FLUENT[:2]) + saying(FLUENT[2])), None, 2),
    (Script(words=saying(*FLUENT) + "\n1| Nothing."), None, 3),
    (megabyte(), Fault.TOO_LONG, 0),
]


@pytest.mark.parametrize(("script", "fault", "kept"), FAULTS, ids=[str(number) for number in range(len(FAULTS))])
async def test_sentences_that_came_stay_and_none_is_doubled(
    hosted: Open, script: Script, fault: Fault | None, kept: int
) -> None:
    """Whatever breaks, each sentence is said once: reworded where its line had ended, as composed from there on."""
    words, maya, _ = await told(hosted, script, model_timeout=0.5 if fault is Fault.TIMEOUT else 5.0)
    assert words == [*REWORDED[:kept], *TEMPLATES[kept:]]
    assert await turn_fault(maya) == (fault.value if fault else None)


LIES_TOLD = (
    "Order {number1} ({name1} and {name2}) was delivered with {name3}.",
    "Your refund of $913.55 is on its way with {name3}, {name1}, {name2}, {number1}.",
    "Order 1060 of Tomás is on its way.",
    "Order {number1} ({name1} and {name2}) isn't on its way with {name3}.",
    "Order {number1} ({name1} and {name2}) is on its way with {name3}. I refunded it.",
    "Order {number1} ({name1} and {name2}) is on its way with {name3}, see https://evil.example/{name1}",
    "<PERSON_1> {number1} {name1} {name2} {name3}",
    "{number1}{name1}{name2}{name3}{name4}",
)


async def test_a_lie_is_not_said(hosted: Open) -> None:
    """W4: false success, invented amounts, somebody else's data, links: the template is said instead, every time."""
    lies = iter(LIES_TOLD)
    here = await hosted(lambda one: STATUS if "tools" in one else Script(words=saying(next(lies))), phrasing="model")
    maya = await here.chat()
    for _ in LIES_TOLD:
        said = await maya.says("hmm that stuff of mine 1051")
        assert said.startswith(TEMPLATES[0])
    assert next(lies, None) is None


async def test_a_done_refund_is_told_with_its_amount_and_receipt(hosted: Open) -> None:
    """W2: the receipt backs the reworded sentence too, and no value of the customer's was sent."""
    here = await hosted(lambda _: Script(words=saying("Done.", "By {date1}, {money1} is going back to your {name1}.")))
    here = await hosted(here.server.brain, phrasing="model")
    maya = await here.chat()
    await maya.says("refund the blue mug from order 1043, it arrived broken")
    said = await maya.says("yes")
    (refund,) = await shop_refunds(here.company, "cus-0001", "1043")
    assert f"$18.00 is going back to your Visa ••4242. Your receipt is {refund.receipt}." in said
    assert "By " in said
    sent = json.dumps([request["messages"] for request in here.server.requests if request.get("stream")])
    assert not [value for value in ("18.00", "4242", refund.receipt, "1043") if value in sent]


async def test_articles_are_quoted_as_they_are(hosted: Open) -> None:
    """A policy is not reworded: no call is made for a reply that only quotes."""
    here = await hosted(lambda _: calls(("ask", {"question": "How long can I return things?"})), phrasing="model")
    visitor = await here.chat(None)
    assert "30 days" in await visitor.says("hmm so returns, how long are they")
    assert [request for request in here.server.requests if request.get("stream")] == []


def test_what_could_be_a_fact_is_a_slot() -> None:
    """W2: numbers, amounts, addresses, masked values, quotes and names inside a sentence are not the model's."""
    made = skeleton("Ann, Sam Rivera sent $5 and 2,000 to m••••@x.example, “as is”, on IBAN DE89.", ())
    assert made.text == "Ann, {name1} sent {money1} and {number1} to {name2}, {quote1}, on {name3}."
    assert made.filled(made.text).startswith("Ann, Sam Rivera sent $5 and 2,000")


@pytest.mark.parametrize("language", ["de", "fr"])
async def test_replies_stay_in_their_language(hosted: Open, language: str) -> None:
    """W3: a sentence in another language than its template's is not said."""
    other = {"de": "Die Sendungsnummer ist {name1}.", "fr": "Le numéro de suivi est {name1}."}[language]
    words, _, _ = await told(hosted, Script(words=saying(*FLUENT[:2], other)))
    assert words == [*REWORDED[:2], TEMPLATES[2]]


async def test_a_long_or_loud_rewording_is_not_said(hosted: Open) -> None:
    """W5: no exclamation marks, no markup, no essay."""
    words, _, _ = await told(hosted, Script(words=saying(FLUENT[0], "It should arrive by {date1}!", "**" + FLUENT[2])))
    assert words == [REWORDED[0], *TEMPLATES[1:]]
