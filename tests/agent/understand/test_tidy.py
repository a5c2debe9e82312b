"""What customers type, made readable."""

import pytest

from agent.understand.tidy import Speller, tidy, where_it_begins

LEXICON = frozenset({"refund", "order", "where", "delivery", "address", "form", "from", "you", "money", "cancel"})
SPELLER = Speller(["refund", "order", "delivery", "address", "money", "cancel", "where"], LEXICON)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("refnd my ordr pls", "refund my order please"),
        ("cnacel it", "cancel it"),
        ("wher is my delivry", "where is my delivery"),
        ("canceladdress now", "cancel address now"),
        ("give me my fucking money", "give me my money"),
        ("form 1043", "form 1043"),
        ("where is W-1043?", "where is W-1043?"),
        ("", ""),
        ("damn", "damn"),
    ],
)
def test_slips_are_corrected_and_numbers_kept(typed: str, meant: str) -> None:
    """A word nobody knows becomes the known one a slip away; a word that is known stays."""
    assert tidy(typed, SPELLER) == meant


@pytest.mark.parametrize(
    ("words", "core"),
    [
        ("Hello, could you help me to cancel my order?", "cancel my order?"),
        ("i don't know how to reset my password", "reset my password"),
        ("I would like to get some help with my invoice", "my invoice"),
        ("cancel my order", "cancel my order"),
        ("can you help me", "can you help me"),
        ("hello", "hello"),
    ],
)
def test_a_request_begins_behind_its_lead_in(words: str, core: str) -> None:
    """How it is asked for says nothing about what it is; nothing is cut where nothing else is said."""
    assert words[where_it_begins(words) :] == core
