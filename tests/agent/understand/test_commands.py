"""State and words in, commands out: the headings that conversations are tested under, with no shop and no Redis."""

from typing import Any

import pytest

from agent.commands import (
    Affirm,
    AskKnowledge,
    AskPerson,
    AskWhetherHuman,
    CancelFlow,
    ChooseOther,
    Command,
    Deny,
    GiveCode,
    GiveEmail,
    Greet,
    OutOfScope,
    Repeat,
    SetSlot,
    StartFlow,
    Thank,
)
from agent.understand.embedded import EmbeddedUnderstand
from agent.understand.situation import situation
from kb.encoder import Encoder

OFFERED = {"ticket_type": "refund", "slots": {"order_id": "1043", "item": "i1", "reason": "damaged"}, "offered": True}
ASKED = {"ticket_type": "refund", "asked": "order_id"}
REASON = {"ticket_type": "refund", "slots": {"order_id": "1043"}, "asked": "reason"}
Row = tuple[str, dict[str, Any], list[Command]]

HAPPY: list[Row] = [
    ("where is order 1051?", {}, [StartFlow("order_status"), SetSlot("order_id", "1051")]),
    ("the mug came smashed, i want my money back", {}, [StartFlow("refund"), SetSlot("reason", "damaged")]),
    ("1043", ASKED, [SetSlot("order_id", "1043")]),
    ("it arrived broken", REASON, [SetSlot("reason", "damaged")]),
    ("yes please", OFFERED, [Affirm()]),
    ("maya@example.com", {"ticket_type": "refund", "asked": "email"}, [GiveEmail("maya@example.com")]),
    ("my code is 123 456", {"code": True}, [GiveCode("123456")]),
]
CORRECTION: list[Row] = [
    ("I meant 1051", OFFERED, [SetSlot("order_id", "1051")]),
    ("no, 1051", OFFERED, [SetSlot("order_id", "1051")]),
    ("sorry, it's order 1012", OFFERED, [SetSlot("order_id", "1012")]),
    ("no, the other one", OFFERED, [ChooseOther()]),
    ("not that one", OFFERED, [ChooseOther()]),
]
CANCELLATION: list[Row] = [
    ("never mind", ASKED, [CancelFlow()]),
    ("forget it, thanks", ASKED, [CancelFlow()]),
    ("ok, let's drop this", {"ticket_type": "refund"}, [CancelFlow()]),
]
NEGATION: list[Row] = [
    ("no", OFFERED, [Deny()]),
    ("no thanks", OFFERED, [Deny()]),
    ("please don't", OFFERED, [Deny()]),
]
REPEAT: list[Row] = [
    ("can you say that again?", OFFERED, [Repeat()]),
    ("sorry, what did you say?", ASKED, [Repeat()]),
]
CHITCHAT: list[Row] = [
    ("hello there", {}, [Greet()]),
    ("thank you so much", {}, [Thank()]),
    ("are you a robot?", {}, [AskWhetherHuman()]),
    ("I'd like to speak to a real person", {}, [AskPerson()]),
]
OUTSIDE: list[Row] = [
    ("what's the weather like in Oslo?", {}, [OutOfScope()]),
    ("tell me a joke about cats", {}, [OutOfScope()]),
]
TWO: list[Row] = [
    (
        "refund the mug from order 1043 and where is order 1051?",
        {},
        [StartFlow("refund"), SetSlot("order_id", "1043"), StartFlow("order_status"), SetSlot("order_id", "1051")],
    ),
    (
        "My lamp came broken, I want my money back. Also, when does order 1051 arrive?",
        {},
        [StartFlow("refund"), SetSlot("reason", "damaged"), StartFlow("order_status"), SetSlot("order_id", "1051")],
    ),
    (
        "where is order 1051? also what is your return policy",
        {},
        [StartFlow("order_status"), SetSlot("order_id", "1051"), AskKnowledge("what is your return policy")],
    ),
    ("It never arrived, I want to be paid back", {}, [StartFlow("refund"), SetSlot("reason", "lost")]),
    ("I can't log in, please reset my password", {}, [StartFlow("password_reset")]),
]
ALL = [*HAPPY, *CORRECTION, *CANCELLATION, *NEGATION, *REPEAT, *CHITCHAT, *OUTSIDE, *TWO]


@pytest.fixture(scope="module")
def understanding(prepared: Any, encoder: Encoder) -> EmbeddedUnderstand:
    return EmbeddedUnderstand(encoder, prepared / "heads")


@pytest.mark.parametrize(("words", "state", "commands"), ALL, ids=[row[0] for row in ALL])
def test_words_mean_these_commands(
    understanding: EmbeddedUnderstand, words: str, state: dict[str, Any], commands: list[Command]
) -> None:
    """What is open is answered first; else the meaning starts what it asks for, with the slots it names."""
    assert list(understanding.understand(situation(state), words).commands) == commands


@pytest.mark.parametrize(
    "words",
    [
        "How long does a refund take to show up?",
        "what is your return policy?",
        "ok, and how much is shipping to Canada?",
        "do you price match",
    ],
)
def test_a_question_in_the_middle_is_a_question(understanding: EmbeddedUnderstand, words: str) -> None:
    """A digression neither answers the offer nor starts over."""
    found = understanding.understand(situation(OFFERED), words)
    assert [type(one) for one in found.commands] == [AskKnowledge]


@pytest.mark.parametrize(
    "words",
    [
        "ok wait", "yes, cancel", "yes but only the towel", "yes and where is order 1051?", "y is it only $18?",
        "okay what is your refund policy?", "that would be great if it was free", "sure you are", "right, so what now",
    ],
)  # fmt: skip
def test_what_says_more_than_yes_is_no_consent(understanding: EmbeddedUnderstand, words: str) -> None:
    """A yes is only what says nothing else, whatever the head takes it for."""
    found = understanding.understand(situation(OFFERED), words)
    assert Affirm() not in found.commands


@pytest.mark.parametrize("words", ["", " ", "🙂🙂", "???", "a" * 4000, "1043 " * 700, "\u200b", "ﷺ" * 300])
def test_any_words_mean_something(understanding: EmbeddedUnderstand, words: str) -> None:
    """Nothing a customer can send breaks understanding."""
    found = understanding.understand(situation({}), words)
    assert 0 <= found.confidence <= 1
