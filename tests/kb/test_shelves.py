"""Every store finds the same: one suite over LanceDB and PostgreSQL with pgvector."""

from collections.abc import AsyncIterator
from datetime import date
from pathlib import Path
from types import MappingProxyType

import pytest
import yaml
from postgres import Postgres

from agent.bootstrap import ARTICLE_FOLDERS
from agent.testing import NOW
from guardrails.database import open_engine
from kb.article import load_articles
from kb.encoder import Encoder
from kb.errors import NoIndexError
from kb.ingest import customer_passages, write_passages
from kb.lance import LanceShelf
from kb.passage import Passage, Reader
from kb.pgvector import PostgresShelf
from kb.search import Index
from kb.shelf import Shelf

TODAY = date(2026, 11, 23)
QUESTIONS = Path(__file__).parent / "questions.yaml"
SAID = MappingProxyType(
    {
        "old": Passage(article="old", title="Tent loans", text="Keep the tent nine weeks.", until=date(2026, 1, 1)),
        "new": Passage(article="new", title="Tent loans", text="Keep the tent two weeks.", effective=date(2026, 1, 1)),
        "ca": Passage(article="ca", title="Tent loans", text="Canadian tents are free.", regions=("ca",)),
    }
)


@pytest.fixture(params=["lance", "postgres"])
async def shelf(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Shelf]:
    if request.param == "lance":
        yield LanceShelf(tmp_path / "index")
        return
    postgres: Postgres = request.getfixturevalue("postgres")
    await postgres.fresh("kb", seeded=False)
    engine = open_engine(postgres.url("kb"))
    yield PostgresShelf(engine)
    await engine.dispose()


async def test_the_golden_questions_find_their_articles(shelf: Shelf, encoder: Encoder) -> None:
    """The right article is first for nine in ten of the calibrating half, whatever the store."""
    shipped = [article for folder in ARTICLE_FOLDERS for article in load_articles(folder)]
    await write_passages(tuple(customer_passages(shipped)), shelf, encoder)
    index = Index(Path(), encoder, shelf)
    known = yaml.safe_load(QUESTIONS.read_text(encoding="utf-8"))["calibrating"]["answered"]
    first = [(await index.nearest(one["ask"], on=NOW.date()))[0].article in one["by"] for one in known]
    assert sum(first) / len(first) >= 0.9


@pytest.mark.parametrize(
    ("reader", "found"),
    [
        (Reader(on=TODAY), {"new", "ca"}),
        (Reader(on=date(2025, 6, 1)), {"old", "ca"}),
        (Reader(on=TODAY, region="us"), {"new"}),
        (Reader(on=TODAY, region="ca", plan="plus", channel="chat"), {"new", "ca"}),
    ],
)
async def test_only_what_is_in_force_and_for_the_reader(
    shelf: Shelf, encoder: Encoder, reader: Reader, found: set[str]
) -> None:
    """Dates, region, plan and channel narrow the search before it ranks."""
    await write_passages(list(SAID.values()), shelf, encoder)
    ranked = await Index(Path(), encoder, shelf).ranked("how long may I keep the tent", reader)
    assert {one.hit.article for one in ranked} == found


async def test_a_new_version_replaces_the_old_one_and_reads_only_what_is_new(shelf: Shelf, encoder: Encoder) -> None:
    """An open index sees the next version; a passage that was taken out is gone."""
    index = Index(Path(), encoder, shelf)
    with pytest.raises(NoIndexError):
        await index.nearest("tent", on=TODAY)
    assert await write_passages([SAID["old"], SAID["new"]], shelf, encoder) == 2
    assert [hit.article for hit in await index.nearest("tent", on=TODAY)] == ["new"]
    assert await write_passages([SAID["new"], SAID["ca"]], shelf, encoder) == 1
    assert {hit.article for hit in await index.nearest("tent", on=TODAY)} == {"new", "ca"}


@pytest.mark.parametrize("question", ["", "?", 'AND ("loan', "'; drop table kb_passages --", "a & !b | c:*", "帐篷"])
async def test_any_question_can_be_searched(shelf: Shelf, encoder: Encoder, question: str) -> None:
    """No punctuation is an operator and no message is an error."""
    await write_passages(list(SAID.values()), shelf, encoder)
    assert await Index(Path(), encoder, shelf).nearest(question, on=TODAY)
