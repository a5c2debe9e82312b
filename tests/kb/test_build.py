"""An index is built from whatever a company has, reads only what is new, and has one writer."""

import asyncio
import json
from datetime import date
from pathlib import Path

import pytest
from typer.testing import CliRunner

from agent.cli import app
from kb.encoder import Encoder
from kb.errors import NoIndexError, PassagesUnreadableError
from kb.ingest import write_index
from kb.lance import only_writer
from kb.passage import Passage, Reader
from kb.search import Index
from kb.source import read_passages

TODAY = date(2026, 11, 23)
LINES = [
    {
        "id": "p1",
        "title": "Tide tables",
        "text": "High water at the quay is printed in the harbour office each morning.",
    },
    {"id": "p2", "title": "Mooring fees", "text": "A berth costs nine crowns a night; the first hour is free."},
    {"id": "p3", "title": "Fuel", "text": "The fuel barge opens at seven. Bring your own can."},
]
PAGE = """<html><head><title>no</title><script>refund()</script></head><body><nav>Home</nav><h1>Ferries</h1>
<p>They leave &amp; arrive hourly.</p><h2>Can I bring my dog?</h2><ul><li>Yes, on a lead.</li></ul></body></html>"""


@pytest.fixture
def passages() -> list[Passage]:
    return [Passage(article=line["id"], title=line["title"], text=line["text"]) for line in LINES]


def test_lines_are_built_and_searched_from_the_command(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ten hits at most, a confidence and a verdict for every line of standard input."""
    monkeypatch.setenv("FIRSTCONTACT_HOME", str(home))
    (tmp_path / "lines.jsonl").write_text("\n".join(map(json.dumps, LINES)), encoding="utf-8")
    run, out = CliRunner().invoke, str(tmp_path / "out")
    assert run(app, ["kb", "build", "--source", str(tmp_path / "lines.jsonl"), "--out", out]).exit_code == 0
    asked = '{"query": "what does a berth cost per night"}\n{"query": "zzz"}\n'
    found = run(app, ["kb", "search", "--index", out, "--jsonl"], input=asked)
    first, second = map(json.loads, found.stdout.splitlines())
    assert first["hits"][0]["id"] == "p2"
    assert (first["verdict"], second["verdict"]) == ("answer", "none")


@pytest.mark.parametrize("line", ["{}", "[1]", '{"id": "a", "title": "b"}', '{"id": "a", "text": ""}', "nonsense"])
def test_a_bad_line_is_named(tmp_path: Path, line: str) -> None:
    """Whoever wrote the file learns which line is wrong."""
    path = tmp_path / "lines.jsonl"
    path.write_text(json.dumps(LINES[0]) + "\n" + line + "\n", encoding="utf-8")
    with pytest.raises(PassagesUnreadableError, match=r"lines\.jsonl:2"):
        read_passages(path)


def test_an_export_is_read_by_its_headings(tmp_path: Path) -> None:
    """Pages of HTML and Markdown become sections; what a page only runs is not read."""
    (tmp_path / "travel").mkdir()
    (tmp_path / "travel" / "ferries.html").write_text(PAGE, encoding="utf-8")
    (tmp_path / "tides.md").write_text("---\ntitle: Tides\n---\n## When is high water?\n\nAt noon.\n", encoding="utf-8")
    found = [(one.article, one.title, one.heading, one.text) for one in read_passages(tmp_path)]
    assert found == [
        ("tides", "Tides", "When is high water?", "At noon."),
        ("travel/ferries", "Ferries", "", "They leave & arrive hourly."),
        ("travel/ferries", "Ferries", "Can I bring my dog?", "Yes, on a lead."),
    ]


async def test_only_new_words_are_read(passages: list[Passage], tmp_path: Path, encoder: Encoder) -> None:
    """A build after one change reads one passage; what was taken out is no longer found."""
    assert await write_index(passages, tmp_path, encoder) == 3
    changed = [passages[0], Passage(article="p2", title="Mooring fees", text="A berth costs ten crowns a night.")]
    assert await write_index(changed, tmp_path, encoder) == 1
    hits = await Index(tmp_path, encoder).nearest("fuel barge berth cost", on=TODAY)
    assert {hit.article: "ten crowns" in hit.text for hit in hits} == {"p2": True, "p1": False}


async def test_there_is_one_writer(passages: list[Passage], tmp_path: Path, encoder: Encoder) -> None:
    """A second build waits for the first."""
    async with only_writer(tmp_path):
        second = asyncio.create_task(write_index(passages, tmp_path, encoder))
        await asyncio.sleep(0.2)
        assert not second.done()
    assert await second == 3


async def test_no_index_is_said(tmp_path: Path, encoder: Encoder) -> None:
    """A search before the first build is told what to do."""
    with pytest.raises(NoIndexError, match="kb build"):
        await Index(tmp_path / "none", encoder).nearest("tides", on=TODAY)


@pytest.mark.parametrize(("reader", "found"), [({}, 3), ({"region": "us"}, 2), ({"region": "ca", "plan": "plus"}, 3)])
async def test_passages_for_others_are_not_found(
    passages: list[Passage], tmp_path: Path, encoder: Encoder, reader: dict[str, str], found: int
) -> None:
    """What is known of the reader leaves out what is for other regions and plans."""
    only = Passage(article="p4", title="Canada", text="Canadian berths are free.", regions=("ca",), plans=("plus",))
    await write_index([*passages[:2], only], tmp_path, encoder)
    assert len(await Index(tmp_path, encoder).ranked("berth", Reader(on=TODAY, **reader))) == found


@pytest.mark.parametrize("word", ["us' OR '1'='1", "US", "%", ""])
def test_a_readers_words_cannot_be_a_query(word: str) -> None:
    """Small letters and digits only."""
    with pytest.raises(ValueError, match="region"):
        Reader(on=TODAY, region=word)
