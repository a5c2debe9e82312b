"""Text that is kept: names, places and ids go though no pattern knows them; what the company declared stays."""

import subprocess
import sys
from itertools import pairwise

import pytest

from agent.bootstrap import articles
from guardrails.pii.redact import Redactor
from guardrails.pii.span import Kind, Span, settle
from guardrails.pii.tagger import Tagger, windows
from kb.encoder import Encoder


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("thanks, maria", "thanks, <PERSON>"),
        ("my name is ifeoma okonkwo", "my name is <PERSON>"),
        ("Mrs. Halvorsen signed for it", "<PERSON> signed for it"),
        ("deliver to 14 rue lepic 75018 paris", "deliver to <ADDRESS>"),
        ("i moved to 221 gopal chetty street karaikudi", "i moved to <ADDRESS>"),
        ("do you ship to Ljubljana?", "do you ship to <LOCATION>?"),
        ("write to dora dot klein at posteo dot de", "write to <EMAIL>"),
        ("ssn ending in 4471", "ssn ending in <PARTIAL_ID>"),
        ("the last four of my ssn are 1471", "the last four of my ssn are <PARTIAL_ID>"),
        ("booking number qzr 418", "booking number <ACCOUNT>"),
        ("Mrs. Halvorsen's parcel is late", "<PERSON>'s parcel is late"),
        ("my zip is 60614", "my zip is <ZIP>"),
    ],
)
def test_what_no_pattern_knows_is_masked(full: Redactor, text: str, expected: str) -> None:
    """Lower case, many lands, spelled out: it goes, and the words around it stay."""
    assert full.redact(text).text == expected


@pytest.mark.parametrize(
    "text",
    [
        "order 1042, receipt R-20713, ticket T-2041",
        "orders 1042, 1043 and 1044 please",
        "purchase 732201349959 has not come",
        "the Alder Stoneware Mug is chipped, I paid $42.10 for it",
        "can i return the linen towels i bought in may",
        "why was i charged 12.99 twice",
        "My name is not on the label",
        "is there parking near the store?",
        "does it work with Google Pay",
        "a reply <EMAIL> masked before",
    ],
)
def test_ordinary_words_survive(full: Redactor, text: str) -> None:
    """Declared numbers, products, brands and amounts are needed and stay."""
    assert full.redact(text).text == text


def test_only_declared_ids_survive(full: Redactor) -> None:
    """What is not the company's is masked, and what a company declares is its own."""
    said = "customer number 88120447"
    assert full.redact(said).text == "customer number <ACCOUNT>"
    own = Redactor(r"\b8812\d{4}\b", tagger=full._tagger, engine=full._engine)
    assert own.redact(said).text == said


@pytest.mark.parametrize(
    ("question", "text", "expected"),
    [
        ("May I have your name?", "pumpkin", "<PERSON>"),
        ("May I have your name?", "why?", "why?"),
        ("Your password hint?", "it is green canoe", "it is <SECRET>"),
        ("What is your zip code?", "1060", "<ZIP>"),
        ("What is your order number?", "1060", "1060"),
        ("Your account number?", "1045", "<ACCOUNT>"),
        ("Your name and the last four of your SSN?", "rutendo 1042", "<PERSON> <PARTIAL_ID>"),
        ("How can I help?", "the mug is broken", "the mug is broken"),
    ],
)
def test_an_answer_is_what_was_asked_for(full: Redactor, question: str, text: str, expected: str) -> None:
    """The question decides where the text alone cannot."""
    assert full.redact(text, question=question).text == expected


def test_what_we_cite_survives(full: Redactor) -> None:
    """A note's articles keep their id, title and review date; the name and the birth date beside them do not."""
    cited = articles()
    own = full.tagged(full._tagger, titles=[words for one in cited for words in (one.id, one.title)])  # type: ignore[arg-type]
    for one in cited:
        line = f"Article: {one.id} “{one.title}”, reviewed {one.reviewed}"
        assert own.redact(line).text == line
    said = "Article: KB-WARRANTY “Warranty”, reviewed 2026-10-05. My name is Ottoline Ferreira, born 1984-03-12"
    assert own.redact(said).text.endswith("reviewed 2026-10-05. My name is <PERSON>, born <BIRTHDATE>")


def test_a_text_is_read_once(redactor: Redactor, encoder: Encoder) -> None:
    """Redacting a text again costs no second pass, with whatever profile."""
    seen: list[str] = []

    def read(text: str) -> object:
        seen.append(text)
        return encoder.read(text)

    own = redactor.tagged(Tagger(read))  # type: ignore[arg-type]
    assert own.redact("it is for Ottoline") == own.redact("it is for Ottoline")
    assert seen == ["it is for Ottoline"]


def test_a_long_text_is_read_to_its_end(full: Redactor) -> None:
    """A name after two thousand words is found, and every place of the text lies in a window."""
    filler = "the box was empty and nobody called me back. " * 60
    assert full.redact(f"{filler}my name is Ottoline Ferreira").text == f"{filler}my name is <PERSON>"
    pieces = list(windows(filler))
    assert all(piece == filler[start : start + len(piece)] for start, piece in pieces)
    assert all(start <= before + len(piece) for (before, piece), (start, _) in pairwise(pieces))


def test_a_guess_gives_way_to_a_pattern() -> None:
    """A sure span keeps its place; what a guess covered beside it stays covered."""
    guess, sure = Span(0, 12, Kind.PERSON, 0.5), Span(4, 12, Kind.EMAIL, 2.0)
    assert settle("Ada a@b.test", [guess, sure]) == (Span(0, 4, Kind.PERSON, 0.5), sure)


def test_parts_of_an_address_are_one() -> None:
    """Street, city and postcode in a row are one address; a city alone stays a place."""
    text = "9 Elm Row, Leeds LS1"
    parts = [Span(0, 9, Kind.ADDRESS, 0.5), Span(11, 16, Kind.LOCATION, 0.5), Span(17, 20, Kind.ZIP, 0.5)]
    assert [(one.start, one.end, one.kind) for one in settle(text, parts)] == [(0, 20, Kind.ADDRESS)]
    assert settle(text, parts[1:2]) == tuple(parts[1:2])


def test_a_blank_line_parts_addresses() -> None:
    """What stands in another paragraph is another value."""
    text = "9 Elm Row\n\nLeeds"
    parts = (Span(0, 9, Kind.ADDRESS, 0.5), Span(11, 16, Kind.LOCATION, 0.5))
    assert settle(text, parts) == parts


def test_serving_needs_no_torch(encoder: Encoder) -> None:
    """The full redactor runs on numpy and ONNX Runtime."""
    program = (
        "import sys; from agent.bootstrap import full_redactor; from agent.settings import Settings;"
        "print(full_redactor(Settings()).redact('my name is ottoline').text, 'torch' in sys.modules)"
    )
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert ran.stdout.split("\n")[0] == "my name is <PERSON> False"
