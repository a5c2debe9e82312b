"""The prompts are files: short, hashed, and every rule in them is held by a test."""

import ast
import json
import re
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
import tiktoken

from agent.conversation import Case, Conversation
from agent.events import Asked
from agent.understand.layers import MOST_LINES, Layer, layers, prompt
from agent.understand.reading import situation
from agent.understand.toolset import tools

HERE = Path(__file__).parent


def named_rules() -> set[str]:
    """Return the rule ids that docstrings of tests name."""
    found: set[str] = set()
    for file in HERE.glob("test_*.py"):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(node, ast.AsyncFunctionDef | ast.FunctionDef) and node.name.startswith("test_"):
                found |= set(re.findall(r"\b[STPW]\d+\b", ast.get_docstring(node) or ""))
    return found


def test_every_rule_is_named_by_a_test_and_every_name_is_a_rule() -> None:
    """A rule without a test fails here, and so does a test of a rule that is gone."""
    assert named_rules() == {rule for layer in layers() for rule in layer.rules}


@pytest.mark.parametrize("layer", layers(), ids=lambda layer: layer.name)
def test_a_layer_is_short_and_every_line_in_it_is_a_rule(layer: Layer) -> None:
    """A prompt over 40 lines is a flow trying to get out; only the first line may introduce."""
    lines = layer.source.strip().splitlines()
    assert len(lines) <= MOST_LINES
    assert len(lines) - len(layer.rules) <= 1
    assert len(set(layer.rules)) == len(layer.rules)


def test_another_word_is_another_hash() -> None:
    """The hash in the trace tells which words were used."""
    assert len({layer.hash for layer in layers()}) == len(layers())
    assert Layer("x", "- S1: a").hash != Layer("x", "- S1: b").hash


def tokens(text: str, monkeypatch: pytest.MonkeyPatch) -> int:
    spec = find_spec("litellm")
    assert spec
    assert spec.origin
    # LiteLLM carries OpenAI's vocabulary with it; tiktoken would fetch it.
    monkeypatch.setenv("TIKTOKEN_CACHE_DIR", str(Path(spec.origin).parent / "litellm_core_utils" / "tokenizers"))
    return len(tiktoken.get_encoding("cl100k_base").encode(text))


def test_the_prompt_is_at_most_500_tokens_before_history(monkeypatch: pytest.MonkeyPatch) -> None:
    """Counted with cl100k: layers, the situation, and the tools as the JSON that is sent."""
    asked = Asked(case="c", slot="order_id")
    state = Conversation(id="cnv-1", cases=(Case(id="c", ticket_type="order_status"),), asked=asked)
    system, _ = prompt("system", "tools", "policy", company="Larkspur")
    text = f"{system}\n{situation(state)}" + json.dumps(tools(), separators=(",", ":"))
    assert tokens(text, monkeypatch) <= 500


def fields(schema: Any) -> Iterator[str]:
    if isinstance(schema, dict):
        yield from schema.get("properties", {})
        for one in schema.values():
            yield from fields(one)
    if isinstance(schema, list):
        for one in schema:
            yield from fields(one)


def test_no_field_says_who_the_customer_is() -> None:
    """P2: the session says who the customer is; the list of what a model fills is closed."""
    assert set(fields(tools())) == {"types", "slot", "value", "question", "kind"}
    slots = next(one for one in tools() if one["function"]["name"] == "set")
    named = slots["function"]["parameters"]["properties"]["slot"]["enum"]
    assert not [name for name in named if re.search(r"customer|user|account|identity|level|principal", name)]
