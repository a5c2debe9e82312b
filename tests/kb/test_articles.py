"""An article is read whole or refused, and shows customers no rule that is not theirs."""

from pathlib import Path

import pytest

from agent.bootstrap import ARTICLE_FOLDERS
from kb.article import ArticleKind, Audience, RuleAudience, load_article, load_articles, render_html
from kb.errors import ArticleUnreadableError, InternalRuleError, UnknownRuleError

FRONT = """---
id: POL-TEST
title: Testing
kind: policy
effective: 2026-01-15
reviewed: 2026-02-01
owner: care
audience: customers
rules:
  window_days: {value: 30, audience: customer}
  fee: {value: 500, unit: usd_minor, audience: customer}
  odd_fee: {value: 123450, unit: usd_minor, audience: customer}
  places: {value: [Oregon, Maine, Ohio], audience: customer}
  approval_over: {value: 20000, unit: usd_minor, audience: internal}
---
"""


def written(folder: Path, body: str, front: str = FRONT, name: str = "POL-TEST.md") -> Path:
    path = folder / name
    path.write_text(f"{front}\n{body}", encoding="utf-8")
    return path


def test_front_matter_and_sections_are_read(tmp_path: Path) -> None:
    """An article has its dates, its rules and a section for every heading."""
    article = load_article(written(tmp_path, "## One\n\nFirst.\n\n## Two\n\nSecond.\n"))
    assert (article.id, article.kind, str(article.effective)) == ("POL-TEST", ArticleKind.POLICY, "2026-01-15")
    assert [(section.heading, section.text) for section in article.sections] == [("One", "First."), ("Two", "Second.")]
    assert article.rules["approval_over"].value == 20000


@pytest.mark.parametrize(
    ("prose", "shown"),
    [
        ("{window_days} days", "30 days"),
        ("costs {fee}", "costs $5"),
        ("costs {odd_fee}", "costs $1,234.50"),
        ("to {places}", "to Oregon, Maine and Ohio"),
    ],
)
def test_prose_takes_its_numbers_from_the_rules(tmp_path: Path, prose: str, shown: str) -> None:
    """What a customer reads and what a gate decides by is one value."""
    assert load_article(written(tmp_path, f"## One\n\n{prose}\n")).sections[0].text == shown


def test_an_internal_rule_in_prose_is_refused(tmp_path: Path) -> None:
    """A threshold cannot be published by mistake."""
    with pytest.raises(InternalRuleError):
        load_article(written(tmp_path, "## One\n\nUp to {approval_over}.\n"))


def test_an_unknown_rule_in_a_heading_is_refused(tmp_path: Path) -> None:
    """A misspelt rule is never shown as braces."""
    with pytest.raises(UnknownRuleError):
        load_article(written(tmp_path, "## Within {days}\n\nText.\n"))


@pytest.mark.parametrize(
    ("front", "body", "name"),
    [
        ("", "## One\n\nText.\n", "POL-TEST.md"),
        (FRONT, "Text before a heading.\n\n## One\n\nText.\n", "POL-TEST.md"),
        (FRONT, "## One\n\n## Two\n\nText.\n", "POL-TEST.md"),
        (FRONT, "No heading at all.\n", "POL-TEST.md"),
        (FRONT, "## One\n\nText.\n", "POL-OTHER.md"),
        (FRONT.replace("owner: care\n", ""), "## One\n\nText.\n", "POL-TEST.md"),
        (FRONT.replace("owner: care", "owner: care\nauthor: me"), "## One\n\nText.\n", "POL-TEST.md"),
        (FRONT.replace("value: 30,", "value: 30.5,"), "## One\n\nText.\n", "POL-TEST.md"),
        (FRONT.replace("{value: 30, audience: customer}", "{value: 30}"), "## One\n\nText.\n", "POL-TEST.md"),
        (FRONT.replace("id: POL-TEST", "id: ["), "## One\n\nText.\n", "POL-TEST.md"),
    ],
)
def test_what_is_not_an_article_is_refused(tmp_path: Path, front: str, body: str, name: str) -> None:
    """A slip in a file is an error with its path, never a half-read article."""
    with pytest.raises(ArticleUnreadableError, match=name):
        load_article(written(tmp_path, body, front, name))


def test_html_is_safe_to_show(tmp_path: Path) -> None:
    """Markdown becomes HTML; a script or a script link does not."""
    body = "## One\n\n**Bold** <script>alert(1)</script> [x](javascript:alert(1)) [y](/articles/POL-REFUND)\n"
    html = render_html(load_article(written(tmp_path, body)))
    assert "<h1>Testing</h1>" in html
    assert "<strong>Bold</strong>" in html
    assert 'href="/articles/POL-REFUND"' in html
    assert "<script" not in html
    assert 'href="javascript' not in html


@pytest.mark.parametrize("folder", ARTICLE_FOLDERS, ids=lambda folder: folder.name)
def test_the_shipped_articles_can_all_be_read(folder: Path) -> None:
    """Every file of the company's knowledge is an article."""
    assert len(load_articles(folder)) == len(list(folder.glob("*.md"))) > 5


def test_every_rule_for_customers_is_told_to_them() -> None:
    """A rule that customers may know stands in the prose of its policy."""
    for article in (each for folder in ARTICLE_FOLDERS for each in load_articles(folder)):
        told = " ".join(section.text for section in article.sections)
        for name, rule in article.rules.items():
            assert article.audience is Audience.CUSTOMERS
            assert (rule.audience is RuleAudience.INTERNAL) or rule.spoken() in told, f"{article.path}: {name}"


def test_a_policy_states_its_numbers_as_rules() -> None:
    """No number is written into a policy's prose, where it could disagree with the rule."""
    for path in sorted(ARTICLE_FOLDERS[0].glob("*.md")):
        prose = path.read_text(encoding="utf-8").split("---", 2)[2]
        lines = [line.removeprefix("1.").removeprefix("2.").removeprefix("3.") for line in prose.splitlines()]
        assert not [line for line in lines if any(sign.isdigit() for sign in line)], path
