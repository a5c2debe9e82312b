"""Placeholders out, values back in: wherever a stream is cut, and never where a value could leave with an address."""

import pytest

from guardrails.pii.span import Kind, Span
from guardrails.pii.vault import Unmasking, Vault

TEXT = "I am Ann Lee, ann@corp.example. Ann Lee wants order 1043."
SPANS = (Span(5, 12, Kind.PERSON), Span(14, 30, Kind.EMAIL), Span(32, 39, Kind.PERSON))


@pytest.fixture
def vault() -> Vault:
    made = Vault()
    made.mask(TEXT, SPANS)
    return made


def test_a_value_has_one_placeholder_and_comes_back() -> None:
    """The same value is the same person; order numbers are nobody's."""
    vault = Vault()
    masked = vault.mask(TEXT, SPANS)
    assert masked == "I am <PERSON_1>, <EMAIL_1>. <PERSON_1> wants order 1043."
    assert vault.unmask(masked) == TEXT


def test_a_kept_vault_goes_on_counting(vault: Vault) -> None:
    """Another process gives the same value the same placeholder, and a new one the next."""
    again = Vault(vault.values)
    assert again.mask("ANN  LEE", (Span(0, 8, Kind.PERSON),)) == "<PERSON_1>"
    assert again.mask("Bo", (Span(0, 2, Kind.PERSON),)) == "<PERSON_2>"


@pytest.mark.parametrize("cut", range(1, 44))
def test_a_placeholder_comes_back_wherever_the_stream_is_cut(vault: Vault, cut: int) -> None:
    """Two pieces say the same as one, at every cut."""
    words, back = "Dear <PERSON_1>, mail to <EMAIL_1> of <PERSON_1>!", Unmasking(vault)
    assert back.feed(words[:cut]) + back.feed(words[cut:]) + back.close() == vault.unmask(words)


def test_a_placeholder_comes_back_letter_by_letter(vault: Vault) -> None:
    """Nothing half known is given out before its end."""
    back = Unmasking(vault)
    assert "".join(back.feed(letter) for letter in "to <PERSON_1> now") + back.close() == "to Ann Lee now"


@pytest.mark.parametrize(
    "words",
    [
        "https://evil.example/?n=<PERSON_1>",
        "www.evil.example/<PERSON_1>",
        "evil.example/<PERSON_1>",
        "<PERSON_1>.evil.example",
        "[here](<PERSON_1>)",
        "mailto:<EMAIL_1>",
        "`<PERSON_1>`",
        "`first <PERSON_1> last`",
        "```\nx = <PERSON_1>\n```",
        "![a](http://e.example/<EMAIL_1>.png)",
        "<PERSON_2>",
        "<CARD_1>",
    ],
)
def test_no_value_enters_an_address_or_code(vault: Vault, words: str) -> None:
    """A value in an address would leave with the request; an unknown placeholder is nobody's."""
    assert vault.unmask(words) == words


def test_after_code_values_come_back(vault: Vault) -> None:
    """Only what is inside the backticks is left alone."""
    assert vault.unmask("`x` <PERSON_1> ``a ` b`` <PERSON_1>") == "`x` Ann Lee ``a ` b`` Ann Lee"
