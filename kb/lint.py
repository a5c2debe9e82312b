"""What is wrong with articles before customers find out: each finding with its file and line."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby
from pathlib import Path

from pydantic import ValidationError

from kb.article import PLACEHOLDER, Article, ArticleKind, Audience, RuleAudience, load_article
from kb.disagreement import Said, disagreements, sentences
from kb.errors import ArticleUnreadableError
from kb.macro import unpaired

#: A review older than this is stale.
_REVIEW_DAYS = 365
#: Words that fit a chat window without scrolling.
_SECTION_WORDS = 120
_LINK = re.compile(r"\[[^\]\n]*\]\(([^)\s]*)\)")
_LIST_MARK = re.compile(r"^\s*\d+[.)] ")
_CUSTOMERS_WORDS = re.compile(r"\?$|\b(I|my|me|we|our|us|you|your|mine)\b", re.IGNORECASE)


@dataclass(frozen=True, order=True)
class Finding:
    """One thing to put right."""

    path: Path
    line: int
    text: str

    def __str__(self) -> str:
        """Return it as compilers do, so that an editor can jump there."""
        return f"{self.path}:{self.line}: {self.text}"


def lint(folders: Iterable[Path], *, today: date) -> list[Finding]:
    """Return everything that is wrong in the folders' articles, in the order of files and lines."""
    articles: list[Article] = []
    findings: list[Finding] = []
    for path in (path for folder in folders for path in sorted(folder.glob("*.md"))):
        try:
            articles.append(load_article(path))
        except ArticleUnreadableError as error:
            findings += _unreadable(path, error)
    current = [article for article in articles if not _superseded(article, articles, today)]
    for article in articles:
        findings += _of_article(article, articles)
    for article in current:
        findings += _dates(article, today)
    findings += _in_force_twice(articles)
    findings += _asked_twice(current)
    findings += _disagreeing(current)
    return sorted(set(findings))


def _of_article(article: Article, articles: Sequence[Article]) -> Iterator[Finding]:
    lines = article.path.read_text(encoding="utf-8").splitlines()
    begin = _body_begins(lines)
    for number, line in enumerate(lines[begin:], start=begin + 1):
        yield from _of_line(article, number, line, articles)
    yield from _long_sections(article, lines, begin)
    body = "\n".join(lines[begin:])
    for mark in unpaired(body):
        yield Finding(article.path, _line_of(lines, f"{{{mark}}}"), f"the exception {{{mark}}} has no other end")
    told = set(PLACEHOLDER.findall(body))
    customers = [name for name, rule in article.rules.items() if rule.audience is RuleAudience.CUSTOMER]
    for name in {*customers, *article.variables} - told:
        yield Finding(article.path, _line_of(lines, name), f"{name} is declared and never said")
    for name in article.exceptions:
        if f"?{name}" not in told and f"!{name}" not in told:
            yield Finding(article.path, _line_of(lines, name), f"{name} is declared and never said")


def _of_line(article: Article, number: int, line: str, articles: Sequence[Article]) -> Iterator[Finding]:
    bare = _LIST_MARK.sub("", PLACEHOLDER.sub("", _LINK.sub("", line)))
    if any(sign.isdigit() for sign in bare):
        yield Finding(article.path, number, f"a number that no rule states: “{line.strip()}”")
    if (
        article.audience is Audience.CUSTOMERS
        and line.startswith("## ")
        and not _CUSTOMERS_WORDS.search(line[3:].strip())
    ):
        yield Finding(article.path, number, f"no customer would ask like this: “{line[3:].strip()}”")
    for target in _LINK.findall(line):
        if not _alive(target, article, articles):
            yield Finding(article.path, number, f"the link leads nowhere: {target}")


def _alive(target: str, article: Article, articles: Sequence[Article]) -> bool:
    if not target.startswith("/articles/"):
        return target.startswith(("https://", "mailto:"))
    found = [one for one in articles if one.url == target.partition("#")[0]]
    # A customer who follows a link to operators' words finds nothing there.
    return any(article.audience is Audience.OPERATORS or one.audience is Audience.CUSTOMERS for one in found)


def _long_sections(article: Article, lines: Sequence[str], begin: int) -> Iterator[Finding]:
    headings = [number for number, line in enumerate(lines) if number >= begin and line.startswith("## ")]
    for number, section in zip(headings, article.sections, strict=True):
        if (count := len(section.text.split())) > _SECTION_WORDS:
            yield Finding(
                article.path, number + 1, f"{count} words in one section; {_SECTION_WORDS} can be read at a glance"
            )


def _dates(article: Article, today: date) -> Iterator[Finding]:
    line = _line_of(article.path.read_text(encoding="utf-8").splitlines(), "reviewed:")
    if article.reviewed < today - timedelta(days=_REVIEW_DAYS):
        yield Finding(article.path, line, f"last reviewed on {article.reviewed}, more than a year ago")
    if article.reviewed > today:
        yield Finding(article.path, line, f"reviewed on {article.reviewed}, which is still to come")


def _superseded(article: Article, articles: Sequence[Article], today: date) -> bool:
    return any(one.id == article.id and article.effective < one.effective <= today for one in articles)


def _in_force_twice(articles: Sequence[Article]) -> Iterator[Finding]:
    in_order = sorted(articles, key=lambda one: (one.id, one.effective))
    for (name, effective), group in groupby(in_order, key=lambda one: (one.id, one.effective)):
        versions = list(group)
        for one in versions[1:]:
            other = versions[0].path.name
            yield Finding(one.path, 1, f"{name} has two versions in force from {effective}, the other one in {other}")


def _asked_twice(articles: Sequence[Article]) -> Iterator[Finding]:
    seen: dict[str, Article] = {}
    for article in articles:
        for section in article.sections if article.audience is Audience.CUSTOMERS else ():
            first = seen.setdefault(section.heading.casefold(), article)
            if first is not article:
                line = _line_of(article.path.read_text(encoding="utf-8").splitlines(), "## ", section.heading)
                yield Finding(article.path, line, f"“{section.heading}” is answered in {first.path.name} too")


def _disagreeing(articles: Sequence[Article]) -> Iterator[Finding]:
    said = [one for article in articles if article.kind is not ArticleKind.MACRO for one in sentences(article)]
    for one, other in disagreements(said):
        where = f"{other.path.name}:{_where(other)}"
        yield Finding(one.path, _where(one), f"“{one.text}” disagrees with “{other.text}” ({where})")


def _where(said: Said) -> int:
    lines = said.path.read_text(encoding="utf-8").splitlines()
    return _line_of(lines, "## ", said.heading) + 1


def _unreadable(path: Path, error: ArticleUnreadableError) -> Iterator[Finding]:
    lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    if isinstance(error.__cause__, ValidationError):
        for one in error.__cause__.errors():
            field = ".".join(str(part) for part in one["loc"])
            line = _line_of(lines, f"{one['loc'][0]}:") if one["loc"] else 1
            yield Finding(path, line, f"{field}: {one['msg'].lower()}" if field else one["msg"])
        return
    details = [detail for detail in error.details if detail != str(path)]
    named = details[0] if details else str(error)
    sentence = (type(error).__doc__ or "").strip().rstrip(".")
    yield Finding(path, _line_of(lines, named), f"{sentence}: {named.splitlines()[0]}")


def _body_begins(lines: Sequence[str]) -> int:
    marks = [number for number, line in enumerate(lines) if line.rstrip() == "---"]
    return marks[1] + 1


def _line_of(lines: Sequence[str], start: str, rest: str = "") -> int:
    """Return the first line that holds the words, from 1; 1 where none does."""
    found = (number for number, line in enumerate(lines, start=1) if start in line and rest in line)
    return next(found, 1)
