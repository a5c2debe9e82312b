"""`firstcontact understand` and `eval`: lines in, lines out, one sentence when something is wrong."""

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from agent.cli import app

ROWS = [
    ("where is my parcel", "ship"),
    ("track my parcel", "ship"),
    ("I want it in red", "color"),
    ("red please", "color"),
]


@pytest.fixture(autouse=True)
def _home(monkeypatch: pytest.MonkeyPatch, home: Path) -> None:
    monkeypatch.setenv("FIRSTCONTACT_HOME", str(home))


@pytest.fixture
def rows(tmp_path: Path) -> Path:
    """A small file of labels of somebody else's."""
    path = tmp_path / "rows.jsonl"
    path.write_text("\n".join(json.dumps({"text": text, "label": label}) for text, label in ROWS))
    return path


def understand(*options: str, lines: str) -> tuple[int, list[dict[str, Any]], str]:
    """Run the command; return exit code, lines printed and what was said beside them."""
    done = CliRunner().invoke(app, ["understand", "--jsonl", *options], input=lines)
    printed = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    return done.exit_code, printed, " ".join(done.stderr.split())


def test_a_line_is_answered_with_intent_and_commands() -> None:
    """State may be left out or be partial."""
    asked = {"text": "1043", "state": {"asked": "order_id", "ticket_type": "refund"}}
    code, found, _ = understand(lines=f'{{"text": "where is order 1051?"}}\n\n{json.dumps(asked)}\n')
    assert code == 0
    assert [one["intent"] for one in found] == ["order_status", "provide_info"]
    assert found[0]["in_scope"] is True
    assert found[0]["commands"][0] == {"command": "StartFlow", "ticket_type": "order_status"}
    assert found[1]["commands"] == [{"command": "SetSlot", "name": "order_id", "value": "1043"}]


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("{nonsense", "Line 2 is not a JSON object."),
        ("[1]", "Line 2 is not a JSON object."),
        ('{"words": "x"}', "Line 2 has no text."),
        ('{"text": 5}', "Line 2 has no text."),
        (json.dumps({"text": "x" * 5000}), "Line 2 is longer than 4000 characters."),
        ('{"text": "x", "state": {"ticket_type": "rocket"}}', "There is no ticket type rocket"),
        ('{"text": "x", "state": {"mood": 1}}', "The state cannot be read"),
        ('{"text": "x", "state": "asked"}', "The state cannot be read"),
    ],
)
def test_a_line_that_cannot_be_read_ends_it_with_one_sentence(line: str, sentence: str) -> None:
    """What came before is answered; the exit code is 2."""
    code, found, said = understand(lines=f'{{"text": "hi"}}\n{line}\n{{"text": "hi"}}')
    assert (code, len(found)) == (2, 1)
    assert sentence in said


def test_other_labels_are_learnt_from_a_file(rows: Path) -> None:
    """The same head serves any label set."""
    code, found, _ = understand(
        "--train", str(rows), lines='{"text": "please track the parcel"}\n{"text": "the red one"}'
    )
    assert (code, [one["intent"] for one in found]) == (0, ["ship", "color"])


def test_intents_are_measured_by_a_file(rows: Path) -> None:
    """Trained and measured on the same four rows, all are right."""
    done = CliRunner().invoke(app, ["eval", "intents", "--data", str(rows), "--train", str(rows), "--json"])
    assert done.exit_code == 0
    assert json.loads(done.stdout)["accuracy"] == 1.0


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    """One sentence, exit code 2."""
    done = CliRunner().invoke(app, ["eval", "intents", "--data", str(tmp_path / "none.jsonl")])
    assert (done.exit_code, "cannot be read" in " ".join(done.stderr.split())) == (2, True)
