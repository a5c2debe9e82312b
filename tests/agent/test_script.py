"""A conversation driven from a file: through the same log, ending in what became of it."""

import json
from pathlib import Path
from typing import Any

import pytest
from redis.asyncio import Redis
from typer.testing import CliRunner

from agent.cli import app
from agent.cli import chat as chat_command
from agent.script import ScriptError, parse, run_script
from agent.settings import Settings

WORDS = "gooseberry"
HELLO = '{"say": "hello"}\n'


async def run(settings: Settings, folder: Path, customer: str | None, script: str | bytes) -> list[dict[str, Any]]:
    """Run a script and return what it printed."""
    path = folder / "script.jsonl"
    path.write_bytes(script.encode() if isinstance(script, str) else script)
    printed: list[dict[str, Any]] = []
    await run_script(settings, path, customer, print_line=printed.append)
    return printed


def jsonl(*lines: dict[str, Any]) -> str:
    return "\n".join(json.dumps(line) for line in lines)


async def test_a_script_prints_events_and_the_end_state(settings: Settings, redis: Redis, tmp_path: Path) -> None:
    """Receipts, tickets and changes in the shop stand in the last line."""
    script = jsonl(
        {"say": "refund the blue mug from order 1043, it arrived broken"}, {"wait": 0.01}, {"choose": "Refund $18.00"}
    )
    *events, end = await run(settings, tmp_path, "cus-0001", script)
    assert [event["kind"] for event in events][:2] == ["conversation_started", "customer_said"]
    assert [event["seq"] for event in events] == sorted(event["seq"] for event in events)
    assert end["kind"] == "end"
    assert [receipt["state"] for receipt in end["receipts"]] == ["done"]
    assert [ticket["code"] for ticket in end["tickets"]] == ["refunded"]
    assert [refund["amount"] for refund in end["shop"]["refunds"].values()] == [1800]
    assert {"seq", "at", "kind"} <= set(events[-1])


async def test_what_changes_nothing_ends_with_no_changes(settings: Settings, redis: Redis, tmp_path: Path) -> None:
    """An offer alone leaves no receipt and the shop as it was."""
    script = jsonl({"say": "refund the blue mug from order 1043, it arrived broken"})
    end = (await run(settings, tmp_path, "cus-0001", script))[-1]
    assert (end["shop"], end["receipts"]) == ({}, [])


async def test_an_operator_takes_part_in_a_script(settings: Settings, redis: Redis, tmp_path: Path) -> None:
    """Claim, approve, say and release happen as at the desk."""
    script = jsonl(
        {"say": "I want my money back for the cedar patio set, order 1060. It is damaged"},
        {"choose": "Ask for $640.00"},
        {"operator": {"claim": True, "approve": True, "say": "Approved.", "release": True}},
        {"say": "where is order 1060?"},
    )
    printed = await run(settings, tmp_path, "cus-0002", script)
    assert [refund["amount"] for refund in printed[-1]["shop"]["refunds"].values()] == [64000]
    assert any(line["kind"] == "operator_released" for line in printed)


MALFORMED = [
    "{", "{}", "[]", "null", '"say"', '{"say": "gooseberry", "wait": 1}', '{"shout": "gooseberry"}', '{"wait": -1}',
    '{"wait": 601}', '{"wait": NaN}', '{"say": ""}', '{"say": "  "}', '{"say": "gooseberry\\u0000"}', '{"say": 5}',
    '{"say": "gooseberry \\ud800"}', '{"say": "' + "gooseberry" * 500 + '"}', '{"choose": ""}', "[" * 10_000,
    '{"operator": {"shout": "gooseberry"}}', '{"operator": "gooseberry"}', "gooseberry",
]  # fmt: skip


@pytest.mark.parametrize("line", MALFORMED, ids=[line[:30] for line in MALFORMED])
async def test_a_malformed_line_is_named_by_its_number(
    settings: Settings, redis: Redis, tmp_path: Path, line: str
) -> None:
    """The error says which line and never what it held; not even the good lines before it are run."""
    with pytest.raises(ScriptError, match=r"^Line 3 of the script") as refused:
        await run(settings, tmp_path, "cus-0001", f"{HELLO}\n{line}\n{HELLO}")
    assert WORDS not in str(refused.value)
    assert refused.value.__cause__ is None
    assert [key async for key in redis.scan_iter("*")] == []
    assert not (settings.home / "firstcontact.db").exists()


@pytest.mark.parametrize("line", ["{", '{"say": 5}', '{"say": "gooseberry \\u0007"}'])
def test_a_refusal_carries_no_words_in_its_context(line: str) -> None:
    """Also a traceback of it would show none."""
    with pytest.raises(ScriptError) as refused:
        parse(line)
    assert WORDS not in repr(refused.value.__context__)


async def test_a_file_that_is_no_text_is_refused(settings: Settings, redis: Redis, tmp_path: Path) -> None:
    """Neither bytes that are no UTF-8 nor a missing file begin anything."""
    with pytest.raises(ScriptError, match="UTF-8"):
        await run(settings, tmp_path, None, b'{"say": "caf\xe9"}')
    with pytest.raises(ScriptError, match="cannot be read"):
        await run_script(settings, tmp_path / "missing.jsonl", None, print_line=lambda _: None)
    assert [key async for key in redis.scan_iter("*")] == []


NOT_NOW = [
    {"choose": "gooseberry"},
    {"operator": {"say": "gooseberry"}},
    {"operator": {"release": True}},
    {"operator": {"id": "op-gooseberry", "claim": True}},
]


@pytest.mark.parametrize("line", NOT_NOW)
async def test_what_cannot_be_done_now_is_named_by_its_line(
    settings: Settings, redis: Redis, tmp_path: Path, line: dict[str, Any]
) -> None:
    """A button that is not open and a deed that is not allowed end the script at their own line; blank lines count."""
    with pytest.raises(ScriptError, match=r"^Line 4 of the script") as refused:
        await run(settings, tmp_path, None, f"\n{HELLO}\n{json.dumps(line)}")
    assert WORDS not in str(refused.value)


def test_a_line_ends_at_the_newline_only() -> None:
    """A separator inside the words, and Windows line ends, do not break a line."""
    script = '{"say": "one\u2028two"}\r\n{"say": "three"}\r\n'
    assert [(number, line.say) for number, line in parse(script)] == [(1, "one\u2028two"), (2, "three")]


def test_the_command_refuses_in_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Exit code 2, the line's number on stderr, nothing on stdout, no traceback."""
    script = tmp_path / "bad.jsonl"
    script.write_text('{"shout": "gooseberry"}')
    monkeypatch.setenv("FIRSTCONTACT_HOME", str(tmp_path / "home"))
    monkeypatch.setattr(chat_command, "prepare_all", lambda _settings: None)
    ran = CliRunner().invoke(app, ["chat", "--script", str(script), "--json"])
    assert ran.exit_code == 2
    assert ran.stdout == ""
    assert WORDS not in ran.output
