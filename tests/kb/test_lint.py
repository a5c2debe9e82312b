"""What is wrong with an article is named with its file and line; our own articles have nothing wrong."""

from datetime import date
from pathlib import Path
from time import process_time

import pytest
from typer.testing import CliRunner

from agent.bootstrap import ARTICLE_FOLDERS
from agent.cli import app
from agent.testing import NOW
from kb.lint import lint

TODAY = date(2026, 11, 23)
FRONT = {
    "id": "KB-TEST",
    "title": "Testing",
    "kind": "howto",
    "effective": "2026-01-15",
    "reviewed": "2026-02-01",
    "owner": "care",
    "audience": "customers",
}
GOOD = "## How do I test?\n\nPress the bell.\n"


def written(folder: Path, name: str, body: str = GOOD, **front: str) -> Path:
    known = {**FRONT, "id": name.partition("@")[0], **front}
    lines = "\n".join(f"{key}: {value}" for key, value in known.items() if value)
    path = folder / f"{name}.md"
    path.write_text(f"---\n{lines}\n---\n\n{body}", encoding="utf-8")
    return path


def found(folder: Path) -> list[tuple[str, int, str]]:
    return [(one.path.name, one.line, one.text) for one in lint([folder], today=TODAY)]


def test_our_own_articles_have_nothing_wrong() -> None:
    """What ships is dated, interpolated, linked and in the customer's words."""
    start = process_time()
    assert [str(finding) for finding in lint(ARTICLE_FOLDERS, today=NOW.date())] == []
    assert process_time() - start < 1


@pytest.mark.parametrize(
    ("front", "body", "line", "text"),
    [
        ({"reviewed": ""}, GOOD, 1, "reviewed: field required"),
        ({"effective": "soon"}, GOOD, 5, "effective: input should be a valid date"),
        ({"reviewed": "2025-11-01"}, GOOD, 6, "last reviewed on 2025-11-01"),
        ({"reviewed": "2026-12-01"}, GOOD, 6, "still to come"),
        ({}, "## How do I test?\n\nWithin 30 days.\n", 13, "a number that no rule states: “Within 30 days.”"),
        ({}, "## Testing procedure\n\nPress the bell.\n", 11, "no customer would ask like this: “Testing procedure”"),
        ({}, "## How do I test?\n\nSee [this](/articles/KB-GONE).\n", 13, "the link leads nowhere: /articles/KB-GONE"),
        ({}, "## How do I test?\n\nSee [this](javascript:x).\n", 13, "the link leads nowhere"),
        ({}, f"## How do I test?\n\n{'Press the bell. ' * 50}\n", 11, "150 words in one section"),
        ({}, "## How do I test?\n\nPress {bell}.\n", 13, "the text names a rule"),
        ({"rules": "{fee: {value: 5, audience: customer}}"}, GOOD, 9, "fee is declared and never said"),
    ],
)
def test_each_fault_is_named_where_it_is(
    tmp_path: Path, front: dict[str, str], body: str, line: int, text: str
) -> None:
    """An editor can jump to every finding."""
    written(tmp_path, "KB-TEST", body, **front)
    (name, where, said), *others = found(tmp_path)
    assert (name, where, others) == ("KB-TEST.md", line, [])
    assert text.lower() in said.lower()


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("You can send the lamp back within {days} days.", "You can send a lamp back within fourteen days."),
        ("We take old garden furniture with us.", "We don't take old garden furniture with us."),
    ],
)
def test_sentences_that_disagree_are_quoted_together(tmp_path: Path, one: str, other: str) -> None:
    """Two articles never promise a customer different things."""
    rule = {"rules": "{days: {value: 30, audience: customer}}"} if "{days}" in one else {}
    written(tmp_path, "KB-ONE", f"## How do I send it?\n\n{one}\n", **rule)
    written(tmp_path, "KB-TWO", f"## May I send it?\n\n{other}\n")
    ((name, line, text),) = found(tmp_path)
    assert name == "KB-ONE.md"
    assert line > 9
    assert other in text
    assert "KB-TWO.md:" in text


def test_two_policies_in_force_are_named(tmp_path: Path) -> None:
    """Two versions of one day cannot be chosen between."""
    written(tmp_path, "KB-ONE")
    written(tmp_path, "KB-ONE@draft", "## What else do I test?\n\nNothing.\n")
    assert "two versions in force from 2026-01-15" in found(tmp_path)[0][2]


def test_an_older_version_may_rest(tmp_path: Path) -> None:
    """A version that another has replaced is neither reviewed nor compared any more."""
    written(tmp_path, "KB-ONE@old", "## How do I test?\n\nIn nine long weeks of days.\n", effective="2024-01-01",
            reviewed="2024-01-01")  # fmt: skip
    written(tmp_path, "KB-ONE", "## How do I test?\n\nIn two long weeks of days.\n")
    assert found(tmp_path) == []


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ("## To send\n\nHello {name}, {order} is late.\n", "{order}"),
        ("## To send\n\nHello {name}. {?late}Sorry.{/late}\n", "{?late}"),
        ("## To send\n\nHello {name}. {?storm}Sorry.\n", "the exception {?storm} has no other end"),
        ("## To send\n\nHello. {?storm}Sorry.{/storm}\n", "name is declared and never said"),
    ],
)
def test_a_macro_with_something_undefined_is_named(tmp_path: Path, body: str, text: str) -> None:
    """Nobody sends a macro with braces in it."""
    macro = {"kind": "macro", "audience": "operators", "variables": "[name]", "exceptions": "[storm]"}
    written(tmp_path, "MAC-TEST", body, **macro)
    assert text in " ".join(said for _, _, said in found(tmp_path))


def test_the_command_exits_with_one_where_something_is_wrong(tmp_path: Path) -> None:
    """A hook can rely on the exit code and an editor on the form of each line."""
    assert CliRunner().invoke(app, ["kb", "lint"]).exit_code == 0
    path = written(tmp_path, "KB-TEST", "## How do I test?\n\nIn 3 days.\n")
    ended = CliRunner().invoke(app, ["kb", "lint", str(tmp_path)])
    assert ended.exit_code == 1
    assert ended.stdout.startswith(f"{path}:13: ")
