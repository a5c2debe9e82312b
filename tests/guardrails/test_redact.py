"""Redaction: what is personal goes, what is ours stays."""

import socket
import subprocess
import sys
import threading
from typing import Any, NoReturn

import pytest

from guardrails.pii.profile import Profile
from guardrails.pii.redact import Redactor
from guardrails.pii.span import Kind, Span

MAYA = Profile(
    names=("Maya Whitfield", "Tomás Herrera", "Will Rose"),
    emails=("maya.whitfield@example.com",),
    phones=("+1 503-555-0137", "+49 30 1234567"),
    addresses=("18 Alder Lane, Portland, OR 97205", "Harrow Studio, 7 Foundry Row, Chicago"),
    cards=("5555555555554444",),
)


@pytest.fixture(scope="module")
def redactor() -> Redactor:
    """A real redactor."""
    return Redactor()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("mail ada@corp.local or Ada.L+shop@larkspur.example", "mail <EMAIL> or <EMAIL>"),
        ("card 4242424242424242, thanks", "card <CARD>, thanks"),
        ("4242 4242 4242 4242", "<CARD>"),
        ("4242-4242-4242-4243", "<CARD>"),
        ("3782 822463 10005", "<CARD>"),
        ("４２４２４２４２４２４２４２４２", "<CARD>"),
        ("42\u200b424242\u20604242 4242", "<CARD>"),
        ("card 4242 4242 1042 4242", "card <CARD>"),
        ("my card number is 1111 1111 1111 1111", "my card number is <CARD>"),
        ("call me at (503) 555-0137", "call me at <PHONE>"),
        ("5035550137", "<PHONE>"),
        ("+49 30 1234567 please", "<PHONE> please"),
        ("my number is 555-0142", "my number is <PHONE>"),
        ("ssn 123-45-6789", "ssn <NATIONAL_ID>"),
        ("passport 123456789", "passport <NATIONAL_ID>"),
        ("iban DE89 3704 0044 0532 0130 00", "iban <IBAN>"),
        ("from 10.1.2.3", "from <IP>"),
        ("born 12/03/1985", "born <BIRTHDATE>"),
        ("my dob: March 12, 1985", "my dob: <BIRTHDATE>"),
        ("18 Alder Lane, Portland, OR 97205 it is", "<ADDRESS> it is"),
        ("1042 Juniper Avenue", "<ADDRESS>"),
        ("12 elm street apt 4", "<ADDRESS>"),
        ("my name is ada lovelace and i wait", "my name is <PERSON> and i wait"),
        ("My name is Ada Lovelace.", "My name is <PERSON>."),
        ("my password is hunter2!", "my password is <SECRET>"),
        ("Authorization: Bearer abcdefghijklmnopqrstuv", "Authorization: Bearer <SECRET>"),
    ],
)
def test_personal_values_are_masked(redactor: Redactor, text: str, expected: str) -> None:
    """Each kind has its placeholder, whatever the disguise."""
    assert redactor.redact(text).text == expected


@pytest.mark.parametrize(
    "text",
    [
        "order 1042, receipt R-17, ticket T-2041 in cnv-4f2a9c of cus-0001",
        "orders 1042 1043 1044 1045",
        "it is 1042.",
        "refund $1,042.00 from 2026-11-23",
        "delivered 12/03/2026, 2 days on the road",
        "help me with cancelling purchase 732201349959",
        "tracking 1Z999AA10123456784",
        "cursor 1700000000000-0",
        "1a2b3c4d-1234-1234-1234-1234567890ab",
        "POL-REFUND 30 days",
        "turn 17 took 12:30:45",
        "Will it rain in May?",
        "My name is not on it",
        "a reply <EMAIL> masked before",
    ],
)
def test_our_own_words_survive(redactor: Redactor, text: str) -> None:
    """Order numbers, ids, amounts and dates are needed and stay."""
    assert redactor.redact(text).text == text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("MAYA  whitfield here", "<PERSON> here"),
        ("Whitfield, Maya", "<PERSON>"),
        ("it is Maya's order 1042", "it is <PERSON>'s order 1042"),
        ("tomas herrera", "<PERSON>"),
        ("Will you help me up the rose garden?", "Will you help me up the rose garden?"),
        ("it's me, Will", "it's me, <PERSON>"),
        ("will rose", "<PERSON>"),
        ("MAYA.WHITFIELD@EXAMPLE.COM", "<EMAIL>"),
        ("503.555.0137 or 555 0137", "<PHONE> or <PHONE>"),
        ("030 1234567", "<PHONE>"),
        ("18 alder lane portland or 97205", "<ADDRESS>"),
        ("at 18 Alder Lane", "at <ADDRESS>"),
        ("7 foundry row", "<ADDRESS>"),
        ("5555 5555 5555 4444", "<CARD>"),
        ("the visa ending 4444.", "the visa ending <CARD>."),
        ("it cost $4444 or 4444.50", "it cost $4444 or 4444.50"),
    ],
)
def test_a_customers_own_values_are_masked(redactor: Redactor, text: str, expected: str) -> None:
    """In any case, grouping or order of words."""
    assert redactor.redact(text, MAYA).text == expected


def test_spans_are_in_the_original(redactor: Redactor) -> None:
    """Unseen characters do not shift them."""
    text = "a\u200bb 4242\u200b424242424242 c"
    (span,) = redactor.redact(text).spans
    assert (text[span.start : span.end], span.kind) == ("4242\u200b424242424242", Kind.CARD)


def test_redacting_twice_changes_nothing(redactor: Redactor) -> None:
    """Placeholders are stable."""
    once = redactor.redact("Maya, maya@example.com, 503-555-0137, 18 Alder Lane", MAYA).text
    assert redactor.redact(once, MAYA).text == once


def test_an_empty_profile_masks_nothing(redactor: Redactor) -> None:
    """No values, no masks."""
    assert redactor.redact("hello there", Profile(names=("",), emails=(" ",), phones=("12",))).text == "hello there"


def test_a_tagger_adds_names_and_patterns_name_the_kind(redactor: Redactor) -> None:
    """A model's span is masked; over a pattern's it only widens."""

    def tag(text: str) -> list[Span]:
        place = text.index("Ada")
        return [Span(place, place + 3, Kind.PERSON), Span(text.index("ada@"), len(text), Kind.ADDRESS)]

    assert Redactor(tagger=tag).redact("Ada wrote ada@example.com").text == "<PERSON> wrote <EMAIL>"


def test_another_companys_numbers_survive() -> None:
    """The order pattern is a setting."""
    own = Redactor(order_pattern=r"\b[A-Z]{2}\d{10}\b|\b33\d{8}\b")
    assert own.redact("order 3348917502, call 5035550137").text == "order 3348917502, call <PHONE>"


def test_nothing_is_fetched(monkeypatch: pytest.MonkeyPatch) -> None:
    """Loading and redacting open no connection."""

    def refuse(*_args: Any, **_options: Any) -> NoReturn:
        raise AssertionError

    monkeypatch.setattr(socket, "socket", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    assert Redactor().redact("ada@example.com 503-555-0137").text == "<EMAIL> <PHONE>"


def test_threads_share_one_redactor(redactor: Redactor) -> None:
    """Many at once see each its own text."""
    found: dict[int, str] = {}

    def work(n: int) -> None:
        found[n] = redactor.redact(f"order {1000 + n}: a{n}@example.com").text

    threads = [threading.Thread(target=work, args=(n,)) for n in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == {n: f"order {1000 + n}: <EMAIL>" for n in range(16)}


async def test_redacting_leaves_the_loop_free(redactor: Redactor) -> None:
    """The async form gives the same answer."""
    assert (await redactor.redact_async("ada@example.com")).text == "<EMAIL>"


def test_importing_is_light() -> None:
    """Presidio is loaded by `load`, not by an import."""
    program = "import sys, guardrails.pii.log; print('presidio_analyzer' in sys.modules, 'spacy' in sys.modules)"
    shown = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert shown.stdout.split() == ["False", "False"]
