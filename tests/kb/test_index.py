"""The index holds what customers may read, in force on the day, and is replaced in one step."""

from datetime import date
from pathlib import Path

import lancedb  # the test plays a writer that dies half way
import pytest

from agent.bootstrap import ARTICLE_FOLDERS
from kb.article import Audience, load_articles
from kb.encoder import Encoder
from kb.ingest import build_index, customer_passages
from kb.search import Index, SearchVerdict

TODAY = date(2026, 11, 23)


def write(folder: Path, name: str, text: str, audience: str = "customers", effective: str = "2026-01-15") -> None:
    identity = name.partition("@")[0]
    front = (
        f"id: {identity}\ntitle: {identity}\nkind: policy\neffective: {effective}\nreviewed: 2026-02-01\nowner: care"
    )
    body = f"---\n{front}\naudience: {audience}\n---\n## How long may I keep the loan tent?\n\n{text}\n"
    (folder / f"{name}.md").write_text(body, encoding="utf-8")


@pytest.fixture
def articles(tmp_path: Path) -> Path:
    folder = tmp_path / "articles"
    folder.mkdir()
    write(folder, "POL-TENT@old", "You may keep the loan tent for nine weeks.", effective="2025-01-01")
    write(folder, "POL-TENT", "You may keep the loan tent for two weeks.")
    return folder


@pytest.mark.parametrize(("on", "weeks"), [(TODAY, "two weeks"), (date(2026, 1, 14), "nine weeks")])
async def test_only_the_version_in_force_is_found(
    articles: Path, tmp_path: Path, encoder: Encoder, on: date, weeks: str
) -> None:
    """A customer is never quoted a policy that has ended or not begun."""
    assert await build_index([articles], tmp_path / "index", encoder) == 2
    found = await Index(tmp_path / "index", encoder).search("how long can I keep the loan tent", on=on)
    assert found.verdict is SearchVerdict.ANSWER
    assert [weeks in hit.text for hit in found.hits] == [True]


async def test_an_open_index_sees_the_rebuilt_one(articles: Path, tmp_path: Path, encoder: Encoder) -> None:
    """A corrected article is quoted from the next question on."""
    await build_index([articles], tmp_path / "index", encoder)
    index = Index(tmp_path / "index", encoder)
    await index.search("loan tent", on=TODAY)
    write(articles, "POL-TENT", "You may keep the loan tent for three weeks.")
    await build_index([articles], tmp_path / "index", encoder)
    assert "three weeks" in (await index.search("how long can I keep the loan tent", on=TODAY)).hits[0].text


async def test_a_rebuild_that_stops_half_way_changes_nothing(articles: Path, tmp_path: Path, encoder: Encoder) -> None:
    """Readers keep the last complete index while a new one is being written."""
    await build_index([articles], tmp_path / "index", encoder)
    index = Index(tmp_path / "index", encoder)
    table = await (await lancedb.connect_async(tmp_path / "index")).open_table("passages")
    await table.delete("true")
    assert "two weeks" in (await index.search("how long can I keep the loan tent", on=TODAY)).hits[0].text


@pytest.mark.parametrize("question", ["", "?", 'AND ("loan', "'; drop table passages --", "x" * 4000, "帐篷"])
async def test_any_question_can_be_searched(articles: Path, tmp_path: Path, encoder: Encoder, question: str) -> None:
    """No punctuation is an operator and no message is an error."""
    await build_index([articles], tmp_path / "index", encoder)
    found = await Index(tmp_path / "index", encoder).search(question, on=TODAY)
    assert 0 <= found.confidence <= 1


async def test_operators_articles_are_left_out(articles: Path, tmp_path: Path, encoder: Encoder) -> None:
    """What is written for staff is in no index."""
    write(articles, "MAC-TENT", "Lend the loan tent to friends for a year.", audience="operators")
    await build_index([articles], tmp_path / "index", encoder)
    hits = await Index(tmp_path / "index", encoder).nearest("lend the loan tent to friends", on=TODAY)
    assert {hit.article for hit in hits} == {"POL-TENT"}


def test_the_shipped_index_has_no_operators_article() -> None:
    """There is one to leave out, and it is left out."""
    shipped = [article for folder in ARTICLE_FOLDERS for article in load_articles(folder)]
    internal = {article.id for article in shipped if article.audience is Audience.OPERATORS}
    assert internal
    assert internal.isdisjoint(passage.article for passage in customer_passages(shipped))
