"""A conversation driven from a file: through the same log, ending in what became of it."""

import json
from pathlib import Path
from typing import Any

import pytest
from redis.asyncio import Redis

from agent.script import ScriptError, parse, run_script
from agent.settings import Settings


async def test_a_script_prints_events_and_the_end_state(settings: Settings, redis: Redis, tmp_path: Path) -> None:
    """Receipts, tickets and changes in the shop stand in the last line."""
    script = tmp_path / "mug.jsonl"
    lines = [{"say": "refund the blue mug from order 1043, it arrived broken"}, {"choose": "Refund $18.00"}]
    script.write_text("\n".join(json.dumps(line) for line in lines))
    printed: list[dict[str, Any]] = []
    await run_script(settings, script, "cus-0001", print_line=printed.append)
    end = printed[-1]
    assert [receipt["state"] for receipt in end["receipts"]] == ["done"]
    assert [ticket["code"] for ticket in end["tickets"]] == ["refunded"]
    assert next(iter(end["shop"]["refunds"].values()))["amount"] == 1800


async def test_an_operator_takes_part_in_a_script(settings: Settings, redis: Redis, tmp_path: Path) -> None:
    """Claim, approve, say and release happen as at the desk."""
    script = tmp_path / "set.jsonl"
    lines = [
        {"say": "I want my money back for the cedar patio set, order 1060. It is damaged"},
        {"choose": "Ask for $640.00"},
        {"operator": {"claim": True, "approve": True, "say": "Approved.", "release": True}},
        {"say": "where is order 1060?"},
    ]
    script.write_text("\n".join(json.dumps(line) for line in lines))
    printed: list[dict[str, Any]] = []
    await run_script(settings, script, "cus-0002", print_line=printed.append)
    assert next(iter(printed[-1]["shop"]["refunds"].values()))["amount"] == 64000
    assert any(line["kind"] == "operator_released" for line in printed)


@pytest.mark.parametrize(
    "line", ["{", '{"say": "hi", "wait": 1}', "{}", '{"shout": "hi"}', '{"wait": -1}', '{"say": ""}', '"say"']
)
def test_a_malformed_line_is_named_by_its_number(line: str) -> None:
    """The error says which line, never what it held."""
    with pytest.raises(ScriptError, match=r"^Line 2 of the script") as refused:
        parse('{"say": "hello"}\n' + line)
    assert "hi" not in str(refused.value).replace("this", "")
