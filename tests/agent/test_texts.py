"""Texts: the same in every language, and in our style."""

import ast
import os
from datetime import UTC, datetime
from pathlib import Path

import pytest
import yaml

from agent.flow import Ask, Check, Escalate
from agent.flows import flows
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
    found = term("Refund $18.00"), term("Stoneware mug, blue")
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


def _written(node: ast.expr) -> list[str]:
    """Return the texts an expression may be, with a number in the place of every fact."""
    match node:
        case ast.Constant(value=str() as words):
            return [words]
        case ast.JoinedStr():
            return ["".join(str(part.value) if isinstance(part, ast.Constant) else "1043" for part in node.values)]
        case ast.IfExp():
            return [*_written(node.body), *_written(node.orelse)]
    return []


def _card_words() -> set[str]:
    """Return what the cards of all actions say: titles, buttons and row labels."""
    found: set[str] = set()
    for file in (Path(__file__).parents[2] / "tools").rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Plan":
                said = [one.value for one in node.keywords if one.arg in ("title", "accept")]
                found |= {words for one in said for words in _written(one)}
                labels = [one for part in node.keywords if part.arg == "facts" for one in ast.walk(part.value)]
                rows = [one for one in labels if isinstance(one, ast.Tuple) and len(one.elts) == 2]
                found |= {words for row in rows for words in _written(row.elts[0])}
    return found


@pytest.mark.parametrize("language", ["de", "es", "fr"])
def test_every_card_of_every_action_can_be_read_in_every_language(language: str) -> None:
    """An action that is added without its words in a language is named here."""
    speak(language)
    # A title that is put together from another one is covered by its own terms.
    missing = {words for words in _card_words() if term(words) == words and not words.startswith("Ask to 1043")}
    speak("en")
    assert missing == set()
    assert len(_card_words()) > 40


def test_every_ticket_type_and_every_reason_has_its_words() -> None:
    """No flow can hand over or be offered without a text: a missing one would break its turn."""
    steps = [(flow, step) for flow in flows().values() for step in flow.steps]
    reached = [step.otherwise if isinstance(step, Check) else step for _, step in steps]
    wanted = {f"reason_{step.reason}" for step in reached if isinstance(step, Escalate)}
    wanted |= {f"type_{name}" for name in flows()} | {step.ask for step in reached if isinstance(step, Ask)}
    wanted |= {f"reason_{reason}" for reason in ("not_understood", "trouble", "legal_threat", "frustrated")}
    assert wanted - set(texts("en")) == set()
