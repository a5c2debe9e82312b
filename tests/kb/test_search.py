"""The articles answer what they can, and nothing else."""

from pathlib import Path

import pytest

from agent.testing import NOW
from kb.encoder import Encoder
from kb.search import Index, SearchVerdict

ANSWERED = [
    ("How long can I return things?", "POL-REFUND"),
    ("do you ship to canada", "KB-INTERNATIONAL"),
    ("when do you charge my card", "KB-PAYMENT"),
    ("is delivery free", "POL-SHIPPING"),
    ("who pays for the return label", "POL-RETURNS"),
    ("can the stoneware go in the dishwasher", "KB-STONEWARE-CARE"),
    ("my parcel says delivered but nothing is here", "KB-MISSING-PARCEL"),
    ("what does the membership include", "POL-MEMBERSHIP"),
    ("I forgot my password", "KB-RESET-PASSWORD"),
    ("do you match prices of other shops", "KB-PRICE-MATCH"),
]
NOT_ANSWERED = [
    "do you repair bikes", "what's the weather like", "who is your ceo", "are there any jobs open",
    "do you sell bicycles", "what is the capital of Peru",
]  # fmt: skip


@pytest.fixture
def index(prepared: Path, encoder: Encoder) -> Index:
    return Index(prepared / "index", encoder)


@pytest.mark.parametrize(("question", "article"), ANSWERED)
async def test_a_question_finds_its_article(index: Index, question: str, article: str) -> None:
    """The best hit is the article that answers."""
    found = await index.search(question, on=NOW.date())
    assert found.hits[0].article == article


@pytest.mark.parametrize("question", NOT_ANSWERED)
async def test_what_no_article_answers_is_not_answered(index: Index, question: str) -> None:
    """A guess is worse than saying so."""
    assert (await index.search(question, on=NOW.date())).verdict is not SearchVerdict.ANSWER


async def test_operators_articles_and_internal_rules_are_not_in_the_index(index: Index) -> None:
    """Nothing internal can be quoted to a customer."""
    found = await index.search("how do operators approve refunds, what is the limit", on=NOW.date(), k=20)
    texts = " ".join(f"{hit.article} {hit.text}" for hit in found.hits)
    assert "KB-APPROVING-REFUNDS" not in texts
    assert "$200" not in texts


async def test_the_version_in_force_on_the_day_answers(index: Index) -> None:
    """An older day reads the older policy."""
    old = await index.search("How long can I return things?", on=NOW.date().replace(year=2025))
    assert "60 days" in old.hits[0].text
