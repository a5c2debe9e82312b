"""One Markdown file: dated front matter, rules, and sections whose prose takes its numbers from the rules."""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from pathlib import Path
from types import MappingProxyType
from typing import Annotated

import nh3
import yaml
from markdown_it import MarkdownIt
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from kb.errors import ArticleUnreadableError, InternalRuleError, UnknownRuleError

PLACEHOLDER = re.compile(r"\{([^{}\n]*)\}")
_HEADING = re.compile(r"^## +(.+?) *$", re.MULTILINE)
_MARKDOWN = MarkdownIt("commonmark", {"html": False}).enable("table")


class ArticleKind(StrEnum):
    POLICY = "policy"
    HOWTO = "howto"
    TROUBLESHOOTING = "troubleshooting"
    PRODUCT = "product"
    MACRO = "macro"
    INCIDENT = "incident"


class Audience(StrEnum):
    """Who may read an article."""

    CUSTOMERS = "customers"
    OPERATORS = "operators"


class RuleAudience(StrEnum):
    """Who may know a rule: an internal one reaches no customer, index or model."""

    CUSTOMER = "customer"
    INTERNAL = "internal"


class Unit(StrEnum):
    USD_MINOR = "usd_minor"


class Rule(BaseModel):
    """A value that gates decide by and, unless it is internal, the prose shows."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    value: bool | int | str | list[str]
    audience: RuleAudience = Field(strict=False)  # YAML knows no enums
    unit: Unit | None = Field(default=None, strict=False)

    def spoken(self) -> str:
        """Return the value as prose shows it."""
        match self.value:
            case bool():
                return "yes" if self.value else "no"
            case int() if self.unit is Unit.USD_MINOR:
                dollars, cents = divmod(self.value, 100)
                return f"${dollars:,}.{cents:02}" if cents else f"${dollars:,}"
            case list():
                *most, last = self.value
                return f"{', '.join(most)} and {last}" if most else last
            case _:
                return str(self.value)


def _listed(value: object) -> object:
    return [value] if isinstance(value, str) else value


#: One name or several: small letters, digits and underscores.
Names = Annotated[tuple[Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_]*$")], ...], BeforeValidator(_listed)]


class _FrontMatter(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str = Field(pattern=r"^[A-Za-z][A-Za-z0-9-]*$")
    title: str = Field(min_length=1)
    kind: ArticleKind
    effective: date
    reviewed: date
    owner: str = Field(min_length=1)
    audience: Audience
    #: Whom it concerns; everybody when left out.
    channel: Names = ()
    region: Names = ()
    plan: Names = ()
    #: What a macro is filled with, and the cases it knows.
    variables: Names = ()
    exceptions: Names = ()
    rules: dict[str, Rule] = {}

    @model_validator(mode="after")
    def _checked(self) -> "_FrontMatter":
        if (self.variables or self.exceptions) and self.kind is not ArticleKind.MACRO:
            raise ValueError("only a macro has variables and exceptions")
        if self.kind is ArticleKind.MACRO and self.audience is not Audience.OPERATORS:
            raise ValueError("a macro is for operators")
        return self


@dataclass(frozen=True)
class Section:
    """A heading in the customer's words and what it says."""

    heading: str
    text: str  # Markdown, with the rules' values in it


@dataclass(frozen=True, kw_only=True)
class Article:
    """What one file says, as of its effective date."""

    id: str
    title: str
    kind: ArticleKind
    effective: date  # in force from this day until a later version of the same id is
    reviewed: date
    owner: str
    audience: Audience
    channel: tuple[str, ...]
    region: tuple[str, ...]
    plan: tuple[str, ...]
    variables: tuple[str, ...]
    exceptions: tuple[str, ...]
    rules: Mapping[str, Rule]
    sections: tuple[Section, ...]
    path: Path
    content_hash: str  # SHA-256 of the file

    @property
    def url(self) -> str:
        """Return where the article can be read."""
        return f"/articles/{self.id}"


def load_article(path: Path) -> Article:
    """Read an article, or raise what is wrong with it."""
    try:
        written = path.read_bytes()
        front, body = _split(written.decode("utf-8"))
        about = _FrontMatter.model_validate(yaml.safe_load(front))
        if path.stem.partition("@")[0] != about.id:
            raise ArticleUnreadableError(f"the file name must be {about.id}.md or {about.id}@version.md")
        sections = _sections(_interpolated(body, about))
    except ArticleUnreadableError as error:
        raise type(error)(str(path), *error.details) from error
    except (UnicodeDecodeError, yaml.YAMLError, ValidationError) as error:
        raise ArticleUnreadableError(str(path), str(error)) from error
    return Article(
        **{name: getattr(about, name) for name in _FrontMatter.model_fields if name != "rules"},
        rules=MappingProxyType(about.rules),
        sections=sections,
        path=path,
        content_hash=hashlib.sha256(written).hexdigest(),
    )


def load_articles(folder: Path) -> tuple[Article, ...]:
    """Read every article of a folder, in the order of their file names."""
    return tuple(load_article(path) for path in sorted(folder.glob("*.md")))


def render_html(article: Article) -> str:
    """Return the article as HTML that is safe to show."""
    parts = [f"# {article.title}", *(f"## {section.heading}\n\n{section.text}" for section in article.sections)]
    return nh3.clean(_MARKDOWN.render("\n\n".join(parts)))


def _split(written: str) -> tuple[str, str]:
    parts = re.split(r"^---[ \t]*$\n?", written, maxsplit=2, flags=re.MULTILINE)
    if len(parts) != 3 or parts[0].strip():
        raise ArticleUnreadableError("it must start with front matter between two lines of ---")
    return parts[1], parts[2]


def _interpolated(body: str, about: _FrontMatter) -> str:
    later = {*about.variables, *(f"{mark}{name}" for name in about.exceptions for mark in "?!/")}

    def spoken(match: re.Match[str]) -> str:
        if match[1] in later:  # a macro is filled when it is sent
            return match[0]
        rule = about.rules.get(match[1])
        if rule is None:
            raise UnknownRuleError(match[0])
        if rule.audience is not RuleAudience.CUSTOMER:
            raise InternalRuleError(match[0])
        return rule.spoken()

    return PLACEHOLDER.sub(spoken, body)


def _sections(body: str) -> tuple[Section, ...]:
    before, *rest = _HEADING.split(body)
    if before.strip() or not rest:
        raise ArticleUnreadableError("every text stands under a heading that starts with ##")
    sections = tuple(Section(heading, text.strip()) for heading, text in zip(rest[::2], rest[1::2], strict=True))
    if empty := [section.heading for section in sections if not section.text]:
        raise ArticleUnreadableError(f"nothing is said under “{empty[0]}”")
    return sections
