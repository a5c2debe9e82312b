"""Every label leads somewhere, and every meaning has examples."""

import pytest

from agent.commands import AskKnowledge, AskPerson, AskWhetherHuman, Deny, Greet, OutOfScope, StartFlow, Thank
from agent.conversation import Conversation
from agent.flows import flows
from agent.understand.examples import load
from agent.understand.labels import DIALOGUE, FOR_A_PERSON, INTERNAL, QUESTIONS, Label
from agent.understand.meaning import commands_of, label_of, ticket_types

NEW = Conversation(id="new")
#: What asks, wishes and tells.
WORDS = ("how does that work?", "please do this for me", "my thing")


@pytest.mark.parametrize("label", list(Label))
@pytest.mark.parametrize("words", WORDS)
def test_every_label_reaches_a_flow_an_answer_or_a_person(label: Label, words: str) -> None:
    """No meaning falls through; a flow that is started exists."""
    found = commands_of(NEW, label, words)
    assert found
    for command in found:
        if isinstance(command, StartFlow):
            assert command.ticket_type in flows()
    dialogue = (Greet, Thank, AskWhetherHuman, Deny, OutOfScope)
    first = found[0]
    assert isinstance(first, dialogue) == (label in DIALOGUE) or isinstance(first, StartFlow | AskKnowledge | AskPerson)


def test_the_groups_hold_every_label_once() -> None:
    """A label is a question, a person's or a part of dialogue, and nothing twice."""
    assert set(Label) == QUESTIONS | FOR_A_PERSON | DIALOGUE
    assert len(QUESTIONS) + len(FOR_A_PERSON) + len(DIALOGUE) == len(Label)


def test_a_ticket_type_declares_known_labels_only() -> None:
    """What starts a ticket type is in the closed list."""
    declared = {label for flow in flows().values() for label in flow.labels}
    assert declared <= {label.value for label in Label}


def test_a_label_that_a_ticket_type_declares_starts_it() -> None:
    """Adding a flow needs no edit of understanding."""
    assert "refund" in ticket_types("refund_request")
    assert commands_of(NEW, "refund_request", "refund order 1043")[0] == StartFlow("refund")


@pytest.mark.parametrize("meaning", sorted({*(label.value for label in Label), *INTERNAL}))
def test_every_meaning_has_examples(meaning: str) -> None:
    """Forty at least, none twice, none empty."""
    lines = load()[meaning]
    assert 40 <= len(lines) <= 125
    assert len({line.lower() for line in lines}) == len(lines)


def test_every_file_of_examples_is_a_meaning_somebody_serves() -> None:
    """A file is named after a label, an internal meaning or a ticket type."""
    known = {*(label.value for label in Label), *INTERNAL, *flows()}
    assert set(load()) <= known
    assert all(label_of(meaning) in set(Label) for meaning in load())


def test_no_example_stands_under_two_meanings() -> None:
    """One sentence means one thing."""
    seen: dict[str, str] = {}
    for meaning, lines in load().items():
        for line in lines:
            assert seen.setdefault(line.lower(), meaning) == meaning, line
