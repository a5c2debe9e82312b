"""The policies as they are decided by: parsed when they change, pinned for a turn, chosen by date."""

import hashlib
import json
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Generic, TypeVar

import structlog
from pydantic import BaseModel, ValidationError

from kb.article import Article, load_article
from kb.errors import (
    ArticleUnreadableError,
    NoPolicyInForceError,
    PolicyBrokenError,
    PolicyRulesError,
    PolicyUnavailableError,
    TwoPoliciesInForceError,
)

__all__ = [
    "NoPolicyInForceError",
    "Policies",
    "Policy",
    "PolicyBrokenError",
    "PolicyRulesError",
    "PolicySnapshot",
    "PolicyUnavailableError",
    "TwoPoliciesInForceError",
]

R = TypeVar("R", bound=BaseModel)

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, kw_only=True)
class Policy(Generic[R]):
    """The version of a policy that is in force on a date, with its rules checked."""

    id: str
    title: str
    effective: date
    reviewed: date
    rules: R
    content_hash: str
    url: str


@dataclass(frozen=True)
class PolicySnapshot:
    """Every version of every policy, as a turn pins it."""

    articles: tuple[Article, ...]
    #: Ids of which a file cannot be read and no earlier reading of that file is kept.
    broken: frozenset[str]
    content_hash: str

    def load(self, policy_id: str, model: type[R], on: date) -> Policy[R]:
        """Return the version in force on the date, or raise why there is none to decide by."""
        article = self._in_force(policy_id, on)
        # Through JSON, because strict JSON still reads a list as a tuple and a string as an enum, yet no "30" as 30.
        rules = json.dumps({name: rule.value for name, rule in article.rules.items()})
        try:
            checked = model.model_validate_json(rules, strict=True, extra="forbid")
        except ValidationError as error:
            raise PolicyRulesError(str(article.path), str(error)) from error
        return Policy(
            id=article.id,
            title=article.title,
            effective=article.effective,
            reviewed=article.reviewed,
            rules=checked,
            content_hash=article.content_hash,
            url=article.url,
        )

    def _in_force(self, policy_id: str, on: date) -> Article:
        if policy_id in self.broken:
            raise PolicyBrokenError(policy_id)
        begun = [article for article in self.articles if article.id == policy_id and article.effective <= on]
        if not begun:
            raise NoPolicyInForceError(policy_id, str(on))
        newest = max(article.effective for article in begun)
        versions = [article for article in begun if article.effective == newest]
        if len(versions) > 1:
            raise TwoPoliciesInForceError(policy_id, *(str(article.path) for article in versions))
        return versions[0]


@dataclass(frozen=True)
class _Reading:
    stamp: tuple[int, int]  # modification time and size
    article: Article | None  # the last good one; None if there never was one


class Policies:
    """The policies of a folder; a file that breaks keeps its last good version."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._readings: dict[Path, _Reading] = {}
        self._snapshot: PolicySnapshot | None = None

    def snapshot(self) -> PolicySnapshot:
        """Return the policies as the files are now."""
        readings = {path: self._reading(path) for path in sorted(self._folder.glob("*.md"))}
        if self._snapshot is None or readings != self._readings:
            self._readings = readings
            self._snapshot = _pinned(readings)
        return self._snapshot

    def _reading(self, path: Path) -> _Reading:
        known = self._readings.get(path)
        try:
            stat = path.stat()
            stamp = (stat.st_mtime_ns, stat.st_size)
            if known and known.stamp == stamp:
                return known
            return _Reading(stamp, load_article(path))
        except ArticleUnreadableError as error:
            return self._kept(path, stamp, str(error))
        except OSError as error:  # being replaced just now, or not ours to read
            return self._kept(path, (0, 0), str(error))

    def _kept(self, path: Path, stamp: tuple[int, int], reason: str) -> _Reading:
        known = self._readings.get(path)
        kept = known.article if known else None
        if known is None or known.stamp != stamp:
            _log.error("policy_broken", path=str(path), reason=reason, last_good_kept=kept is not None)
        return _Reading(stamp, kept)


def _pinned(readings: dict[Path, _Reading]) -> PolicySnapshot:
    articles = tuple(reading.article for reading in readings.values() if reading.article)
    broken = frozenset(path.stem.partition("@")[0] for path, reading in readings.items() if reading.article is None)
    content = " ".join(sorted(article.content_hash for article in articles) + sorted(broken))
    return PolicySnapshot(articles, broken, hashlib.sha256(content.encode()).hexdigest())
