"""The version in force on the day decides; what cannot be read decides nothing."""

import os
from datetime import date
from pathlib import Path

import pytest
from pydantic import BaseModel
from structlog.testing import capture_logs

from agent.bootstrap import ARTICLE_FOLDERS
from kb.policy import (
    NoPolicyInForceError,
    Policies,
    PolicyBrokenError,
    PolicyRulesError,
    PolicyUnavailableError,
    TwoPoliciesInForceError,
)
from tools.actions.issue_refund import RefundRules

TODAY = date(2026, 11, 23)


class Rules(BaseModel):
    window_days: int


def write(folder: Path, effective: str, window: str, name: str = "POL-TEST.md") -> Path:
    path = folder / name
    front = f"id: POL-TEST\ntitle: Test\nkind: policy\neffective: {effective}\nreviewed: 2026-02-01\nowner: care\n"
    rules = f"audience: customers\nrules:\n  window_days: {{value: {window}, audience: customer}}\n"
    path.write_text(f"---\n{front}{rules}---\n## How long\n\n{{window_days}} days.\n", encoding="utf-8")
    os.utime(path, ns=(0, path.stat().st_mtime_ns + len(list(folder.iterdir())) + int(window.strip('"'))))
    return path


@pytest.mark.parametrize(
    ("on", "window"), [(date(2025, 6, 1), 60), (date(2026, 1, 14), 60), (date(2026, 1, 15), 30), (TODAY, 30)]
)
def test_the_version_in_force_on_the_day_decides(tmp_path: Path, on: date, window: int) -> None:
    """An order of last year is judged by last year's policy, up to the day before the new one."""
    write(tmp_path, "2025-01-01", "60", "POL-TEST@2025.md")
    write(tmp_path, "2026-01-15", "30")
    assert Policies(tmp_path).snapshot().load("POL-TEST", Rules, on=on).rules.window_days == window


@pytest.mark.parametrize("policy_id", ["POL-TEST", "POL-OTHER"])
def test_no_policy_in_force_is_said(tmp_path: Path, policy_id: str) -> None:
    """Before its first version a policy decides nothing, and neither does one that does not exist."""
    write(tmp_path, "2026-01-15", "30")
    with pytest.raises(NoPolicyInForceError, match="No version of the policy is in force on that date"):
        Policies(tmp_path).snapshot().load(policy_id, Rules, on=date(2026, 1, 14))


def test_two_policies_in_force_are_not_chosen_between(tmp_path: Path) -> None:
    """Two versions of one day are a person's matter."""
    write(tmp_path, "2026-01-15", "30")
    write(tmp_path, "2026-01-15", "60", "POL-TEST@draft.md")
    with pytest.raises(TwoPoliciesInForceError):
        Policies(tmp_path).snapshot().load("POL-TEST", Rules, on=TODAY)


def test_a_changed_file_is_seen_and_an_older_snapshot_is_not_touched(tmp_path: Path) -> None:
    """A turn keeps the policies it began with; the next one reads the new ones."""
    write(tmp_path, "2026-01-15", "30")
    policies = Policies(tmp_path)
    before = policies.snapshot()
    assert policies.snapshot() is before
    write(tmp_path, "2026-01-15", "45")
    after = policies.snapshot()
    assert (before.load("POL-TEST", Rules, TODAY).rules, after.load("POL-TEST", Rules, TODAY).rules) == (
        Rules(window_days=30), Rules(window_days=45),
    )  # fmt: skip
    assert before.content_hash != after.content_hash


def test_a_broken_file_keeps_its_last_good_version_and_says_so_once(tmp_path: Path) -> None:
    """A slip while editing changes no decision, and somebody hears of it."""
    path = write(tmp_path, "2026-01-15", "30")
    policies = Policies(tmp_path)
    good = policies.snapshot()
    path.write_text("---\nid: [", encoding="utf-8")
    with capture_logs() as logs:
        kept = [policies.snapshot() for _ in range(3)][-1]
    assert kept.load("POL-TEST", Rules, TODAY) == good.load("POL-TEST", Rules, TODAY)
    assert [(log["event"], log["log_level"], log["last_good_kept"]) for log in logs] == [
        ("policy_broken", "error", True)
    ]


def test_a_file_that_was_always_broken_takes_its_policy_out_of_force(tmp_path: Path) -> None:
    """An older version must not come back into force because the newer one cannot be read."""
    write(tmp_path, "2025-01-01", "60", "POL-TEST@2025.md")
    (tmp_path / "POL-TEST.md").write_text("not an article", encoding="utf-8")
    with capture_logs() as logs:
        snapshot = Policies(tmp_path).snapshot()
    assert logs
    with pytest.raises(PolicyBrokenError):
        snapshot.load("POL-TEST", Rules, on=TODAY)


def test_a_withdrawn_file_is_gone(tmp_path: Path) -> None:
    """Deleting a policy ends it."""
    path = write(tmp_path, "2026-01-15", "30")
    policies = Policies(tmp_path)
    policies.snapshot()
    path.unlink()
    with pytest.raises(NoPolicyInForceError):
        policies.snapshot().load("POL-TEST", Rules, on=TODAY)


@pytest.mark.parametrize("window", ['"30"', "true"])
def test_a_rule_of_another_type_is_not_read_as_if(tmp_path: Path, window: str) -> None:
    """Neither a quoted number nor a yes counts as days."""
    path = write(tmp_path, "2026-01-15", "30")
    path.write_text(path.read_text().replace("value: 30", f"value: {window}"), encoding="utf-8")
    with pytest.raises(PolicyRulesError):
        Policies(tmp_path).snapshot().load("POL-TEST", Rules, on=TODAY)


def test_a_rule_that_no_action_knows_is_refused(tmp_path: Path) -> None:
    """A rule nobody executes would be a promise nobody keeps."""
    path = write(tmp_path, "2026-01-15", "30")
    path.write_text(path.read_text().replace("rules:\n", "rules:\n  more: {value: 1, audience: internal}\n"))
    with pytest.raises(PolicyUnavailableError, match="more"):
        Policies(tmp_path).snapshot().load("POL-TEST", Rules, on=TODAY)


@pytest.mark.parametrize(("on", "window"), [(date(2025, 6, 1), 60), (TODAY, 30)])
def test_the_shipped_refund_policy_is_what_the_action_reads(on: date, window: int) -> None:
    """Both versions of the refund policy state the rules of the refund action."""
    policy = Policies(ARTICLE_FOLDERS[0]).snapshot().load("POL-REFUND", RefundRules, on=on)
    assert policy.rules.window_days == window
    assert policy.url == "/articles/POL-REFUND"
