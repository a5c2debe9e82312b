"""What redaction promises, measured: on our own dialogues, on generated values, and on what others labelled."""

import json
from pathlib import Path
from typing import Any

import pytest

from agent.quality.pii_generate import Generator
from agent.quality.pii_scores import TYPES, Labelled, Report, half_of, read_labelled, score
from agent.testing import SOAK
from guardrails.pii.redact import Redactor

HERE = Path(__file__).parent
#: Labelled sets lie beside a checkout, or beside the folder of worktrees; they are never part of it.
SHARED = next((up / "shared" / "data" for up in HERE.parents[3:5] if (up / "shared" / "data").is_dir()), None)


def rows(path: Path) -> list[dict[str, Any]]:
    """Return the objects of a file of JSON lines."""
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def covered(report: Report, name: str) -> float:
    """Return the share of a type's values that are masked."""
    count = report.types[name]
    return count.covered / count.gold


def test_answers_in_our_dialogues(full: Redactor) -> None:
    """With the question known, ids, secrets, names and postcodes are covered; refusals and orders are not touched."""
    report = score(read_labelled(rows(HERE / "dialogues.jsonl")), full)
    for name in ("ACCOUNT_ID", "PASSWORD", "PARTIAL_ID", "ZIP", "PERSON"):
        assert covered(report, name) >= 0.9, name
    assert report.touched == []


def test_generated_values(full: Redactor) -> None:
    """Of internet addresses, IBANs and birth dates in sentences that training never saw, at most 2 % slip through."""
    named = {kind.value: name for kind, name in TYPES.items()}
    samples = list(Generator(4).held_out(2000 if SOAK else 320))
    messages = [Labelled(one.text, tuple((a, b, named[label]) for a, b, label in one.spans)) for one in samples]
    report = score(messages, full)
    for name in ("IP", "IBAN", "DATE_OF_BIRTH"):
        assert covered(report, name) >= 0.98, name


@pytest.mark.skipif(SHARED is None, reason="no labelled sets beside the checkout")
def test_the_reported_half_of_what_others_labelled(full: Redactor) -> None:
    """The promised types together are covered on groups that nothing was chosen on; a twelfth of them may vary."""
    assert SHARED is not None
    labelled = rows(SHARED / "pii_dev.jsonl")
    report = score(read_labelled(labelled if SOAK else labelled[::12], "reported"), full)
    promised = report.promised()
    assert promised.covered / promised.gold >= (0.93 if SOAK else 0.9)


def test_halves_share_no_group() -> None:
    """A group falls into one half, whatever its rows say."""
    labelled = [{"text": str(n), "group": n % 7, "spans": []} for n in range(70)]
    halves = [{one.text for one in read_labelled(labelled, half)} for half in ("tuning", "reported")]
    assert halves[0] | halves[1] == {str(n) for n in range(70)}
    assert not halves[0] & halves[1]
    assert {half_of(str(n)) for n in range(7)} == {"tuning", "reported"}


def test_a_miss_and_a_false_alarm_count(redactor: Redactor) -> None:
    """The scores can fail: patterns alone miss a bare name, and what is masked for nothing is listed."""
    said = [
        Labelled("it is for Ottoline, a@b.example", ((10, 18, "PERSON"), (20, 31, "EMAIL"))),
        Labelled("call 5035550137", ()),
    ]
    report = score(said, redactor)
    assert report.types["PERSON"].figures()["covered"] == 0
    assert report.types["EMAIL"].figures() == {"gold": 1, "recall": 1, "precision": 1, "f2": 1, "covered": 1}
    assert report.touched == ["call 5035550137"]
