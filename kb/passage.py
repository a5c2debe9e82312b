"""What an index holds: sections with their dates and readers, and who is asking."""

import re
from dataclasses import dataclass, fields
from datetime import date

from kb.article import ArticleKind

_NAME = re.compile(r"^[a-z0-9][a-z0-9_]*$")


@dataclass(frozen=True, kw_only=True)
class Passage:
    """A section as the index keeps it; in force from `effective` until the day before `until`."""

    article: str
    title: str
    text: str
    heading: str = ""
    kind: ArticleKind = ArticleKind.HOWTO
    effective: date = date(1970, 1, 1)
    until: date = date.max
    reviewed: date = date(1970, 1, 1)
    url: str = ""
    #: Whom it concerns; everybody when empty.
    channels: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()
    plans: tuple[str, ...] = ()

    @property
    def question(self) -> str:
        """Return what it is about, in the customer's words where it has them."""
        return self.heading or self.title


@dataclass(frozen=True, kw_only=True)
class Reader:
    """Who asks, and when: passages for others, or not in force on the day, are not found. None means not known."""

    on: date
    channel: str | None = None
    region: str | None = None
    plan: str | None = None

    def __post_init__(self) -> None:
        """Refuse what no article can name, since stores put these words into their queries."""
        for name in ("channel", "region", "plan"):
            value = getattr(self, name)
            if value is not None and not _NAME.match(value):
                raise ValueError(f"{name} must be small letters and digits")


@dataclass(frozen=True, kw_only=True)
class Hit:
    """A section that was found, with how well it fits."""

    article: str
    title: str
    kind: ArticleKind
    effective: date
    reviewed: date
    heading: str
    text: str
    url: str
    score: float

    @classmethod
    def of(cls, passage: Passage, score: float) -> "Hit":
        """Return the passage with its score."""
        shared = {field.name: getattr(passage, field.name) for field in fields(cls) if field.name != "score"}
        return cls(**shared, score=score)
