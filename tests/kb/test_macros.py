"""A macro is filled whole or not at all."""

import pytest

from agent.bootstrap import ARTICLE_FOLDERS
from kb.article import Article, ArticleKind, load_article, load_articles
from kb.errors import MacroUnfilledError
from kb.macro import filled

MACROS = [one for one in load_articles(ARTICLE_FOLDERS[1]) if one.kind is ArticleKind.MACRO]


@pytest.fixture
def late() -> Article:
    return load_article(ARTICLE_FOLDERS[1] / "MAC-LATE-PARCEL.md")


@pytest.mark.parametrize("macro", MACROS, ids=lambda macro: macro.id)
def test_every_macro_can_be_filled_in_every_case(macro: Article) -> None:
    """With its variables given, no brace is left, whatever the exceptions."""
    values = {name: f"<{name}>" for name in macro.variables}
    for exceptions in ((), macro.exceptions):
        words = filled(macro, values, exceptions)
        assert "{" not in words
        assert "}" not in words


def test_an_exception_changes_what_is_said(late: Article) -> None:
    """Each case says its own sentence and not the other's."""
    values = {"first_name": "Ada", "order": "1012", "expected": "Monday"}
    usual, incident = filled(late, values), filled(late, values, {"incident"})
    assert ("I have asked the carrier" in usual, "nothing is lost" in usual) == (True, False)
    assert ("I have asked the carrier" in incident, "nothing is lost" in incident) == (False, True)


def test_a_value_is_never_a_placeholder(late: Article) -> None:
    """What a customer is called cannot pull in another value."""
    words = filled(late, {"first_name": "{order}", "order": "1012", "expected": "Monday"})
    assert "Hello {order}," in words


def test_what_is_missing_or_unknown_is_refused(late: Article) -> None:
    """An operator hears what is missing."""
    with pytest.raises(MacroUnfilledError, match="order is missing"):
        filled(late, {"first_name": "Ada", "expected": "Monday"})
    with pytest.raises(MacroUnfilledError, match="knows no exception strike"):
        filled(late, {}, {"strike"})
