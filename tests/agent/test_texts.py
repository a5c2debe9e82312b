"""Texts: the same in every language, and in our style."""

import os
from datetime import UTC, datetime
from pathlib import Path

import pytest
import yaml

from agent.texts import LANGUAGES, speak, term, text, texts
from agent.texts.style import faults, file_faults
from tools.words import day, listed, money


def test_every_language_says_the_same_in_our_style() -> None:
    """No key is missing or left over, no fact differs, nothing is long, loud or filler."""
    assert file_faults() == []


@pytest.mark.parametrize(
    ("words", "fault"),
    [
        ("word " * 61, "over 60 words"),
        ("Which one? The blue?", "more than one question"),
        ("Great!", "an exclamation mark"),
        ("We apologize for it.", "filler: apologize"),
        ("I'm sorry. So sorry.", "more than one apology"),
        ("Leider geht das nicht.", "filler: Leider"),
        ("I'm sorry it broke. Shall I refund it?", None),
    ],
)
def test_the_style_lint_sees_each_fault(words: str, fault: str | None) -> None:
    """A fault is named; a good sentence has none."""
    assert faults(words) == ((fault,) if fault else ())


@pytest.mark.parametrize(
    ("language", "amount", "date", "names"),
    [
        ("en", "$1,280.00", "Fri, Nov 27", "a and b"),
        ("de", "1.280,00\xa0$", "Fr., 27. Nov.", "a und b"),
        ("es", "1.280,00\xa0US$", "vie, 27 nov", "a y b"),
        ("fr", "1\u202f280,00\xa0$US", "ven. 27 nov.", "a et b"),
    ],
)
def test_days_and_amounts_follow_what_is_spoken(language: str, amount: str, date: str, names: str) -> None:
    """Speaking a language writes its days, amounts and lists."""
    speak(language)
    written = money(128000, "USD"), day(datetime(2026, 11, 27, tzinfo=UTC)), listed(["a", "b"])
    speak("en")
    assert written == (amount, date, names)


def test_a_language_without_a_file_is_spoken_to_in_english() -> None:
    """Nobody gets an error for their language."""
    speak("xx")
    assert text("thanks") == texts("en")["thanks"]


def test_an_actions_words_are_translated_around_their_facts() -> None:
    """A card's title keeps its amount; a product's name stays."""
    speak("de")
    found = term("Refund $18.00", amount="$18.00"), term("Stoneware mug, blue")
    speak("en")
    assert found == ("$18.00 erstatten", "Stoneware mug, blue")


def test_a_broken_edit_keeps_the_last_good_words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that cannot be read while it is edited changes nothing."""
    monkeypatch.setattr("agent.texts._FOLDER", tmp_path)
    file = tmp_path / "en.yaml"
    file.write_text(yaml.safe_dump({"thanks": "Good."}))
    assert text("thanks") == "Good."
    file.write_text("thanks: [")
    os.utime(file, (1, 1))
    assert text("thanks") == "Good."


def test_the_product_speaks_what_has_a_file() -> None:
    """The four languages of the product are there."""
    assert set(LANGUAGES) == {"en", "de", "es", "fr"}
