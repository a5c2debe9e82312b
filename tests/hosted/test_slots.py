"""Every text that customers read can be put into slots and back, in each language, and is faithful to itself."""

import re

import pytest

from agent.texts import LANGUAGES, texts
from agent.wording import sentences, skeleton
from guardrails.rewording import check_rewording, languages
from guardrails.verdict import Allowed

FACT = "Fri, Nov 27"


def test_a_rewording_can_be_judged_in_every_language_of_the_texts() -> None:
    """A language with texts and without small words would quietly never be reworded."""
    assert set(languages()) == set(LANGUAGES)


@pytest.mark.parametrize("language", LANGUAGES)
def test_texts_come_back_from_their_slots(language: str) -> None:
    """Nothing is lost on the way, no digit is left for a model, and the sentence as it is counts as faithful."""
    for key, one in texts(language).items():
        if not isinstance(one, str) or "\n" in one:
            continue
        words = re.sub(r"\{\w+\}", FACT, one)
        parts = [skeleton(sentence, {FACT}) for sentence in sentences(words)]
        assert " ".join(part.filled(part.text) for part in parts) == words, key
        assert not [part for part in parts if re.search(r"\d", re.sub(r"\{[a-z]+\d+\}", "", part.text))], key
        assert all(check_rewording(part.text, part.text) == Allowed() for part in parts), key
