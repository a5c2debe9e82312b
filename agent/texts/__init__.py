"""Customer-facing texts, one file per language; read again when a file changes.

What is spoken is set once a turn by `speak`: every text, day and amount of the turn follows it, so that no reply mixes
languages.
"""

import re
from contextvars import ContextVar
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

import structlog
import yaml

from tools.words import write_in

log = structlog.get_logger()
_FOLDER = Path(__file__).parent
#: The languages that have a file, with how each writes days and amounts where the account says nothing.
LANGUAGES = {"en": "en-US", "de": "de-DE", "es": "es-ES", "fr": "fr-FR"}
_speaking: ContextVar[str] = ContextVar("speaking", default="en")
_good: dict[str, dict[str, Any]] = {}


@lru_cache(maxsize=16)
def _load(language: str, _changed: float) -> dict[str, Any]:
    try:
        loaded = yaml.safe_load((_FOLDER / f"{language}.yaml").read_text("utf-8"))
        if not isinstance(loaded, dict):
            raise yaml.YAMLError("A file of texts is a mapping.")
    except yaml.YAMLError as broken:
        if language not in _good:
            raise
        # Somebody is in the middle of an edit: what was good a moment ago still is.
        log.error("texts_broken", language=language, error=type(broken).__name__)
        return _good[language]
    _good[language] = loaded
    return loaded


def texts(language: str) -> dict[str, Any]:
    """Return all texts of a language as its file has them now."""
    path = _FOLDER / f"{language}.yaml"
    return _load(language, path.stat().st_mtime)


def speak(language: str, locale: str = "") -> None:
    """Speak a language from here on in this task, and write days and amounts as the locale does."""
    known = language if language in LANGUAGES else "en"
    _speaking.set(known)
    write_in(locale or LANGUAGES[known])


def spoken() -> str:
    """Return the language that is spoken now."""
    return _speaking.get()


def text(key: str, *, language: str | None = None, **params: str) -> str:
    """Return a text with its facts filled in; an unknown key or a missing fact is a broken program."""
    found: str = texts(language or spoken())[key]
    # A fact may end with the full stop of its abbreviation: "bis Fr., 27. Nov." ends the sentence too.
    return found.format(**params).replace("..", ".")


def term(words: str) -> str:
    """Return words of an action, such as a card's title or a row's label, in the language that is spoken.

    A file's `terms` name them in English, with {} for any words and {amount} for an amount or a number. Words that have
    no translation stay as they are: a product's name is one.
    """
    terms = {} if spoken() == "en" else texts(spoken()).get("terms", {})
    if words in terms:
        return str(terms[words])
    # The longest first: "Cancel order {}" before "Cancel {}".
    for pattern in sorted((one for one in terms if "{" in one), key=len, reverse=True):
        if found := _shape(pattern).fullmatch(words):
            return str(terms[pattern]).format(*found.groups())
    return words


@cache
def _shape(pattern: str) -> re.Pattern[str]:
    shape = re.escape(pattern).replace(r"\{amount\}", r"([^a-z]*\d[^a-z]*)").replace(r"\{\}", "(.+)")
    return re.compile(shape)
