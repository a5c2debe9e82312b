"""Whether a reworded sentence still says what its template says, and nothing else.

A rewording keeps the sentence's own words that carry meaning, in their order; it may change the small words around
them. Facts are slots like `{date1}`, so a number, a date or a name cannot be written at all. What decides a sentence's
sense (negations, conditions, tense, who acts, what stands before a slot) is compared class by class.
"""

import re
from collections import Counter
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path

import yaml

from guardrails.verdict import Allowed, Denied, Verdict

SLOT = re.compile(r"\{([a-z]+)\d+\}")
_WORD = re.compile(r"\{[a-z]+\d+\}|[^\W\d_]+")
_ALLOWED = re.compile(r"[^\W\d_]|[ .,;:?'’“”\"()–—-]")
#: Where a sentence stops; a rewording stops there too and nowhere else.
_STOP = re.compile(r"[.?…:;][.?…:;,]*(?=\s|$)")
_CONTRACTIONS = (
    (re.compile(r"\bcan't\b"), "can not"),
    (re.compile(r"\bcannot\b"), "can not"),
    (re.compile(r"\bwon't\b"), "will not"),
    (re.compile(r"n't\b"), " not"),
    (re.compile(r"'ve\b"), " have"),
    (re.compile(r"'ll\b"), " will"),
    (re.compile(r"'re\b"), " are"),
    (re.compile(r"'m\b"), " am"),
    (re.compile(r"'d\b"), " would"),
    (re.compile(r"'s\b"), ""),
)
_MOST_WORDS = 60
#: A rewording has each of these where the template has it, and only there.
_SAME = ("possible", "expected", "condition", "future", "first")
#: A rewording has these only where the template has them.
_NOT_NEW = ("past",)
_CLASSES = (*_SAME, *_NOT_NEW, "negation", "second")


class RewordingCode(StrEnum):
    """Why the template is said instead."""

    SLOTS = "slots"
    CHARACTERS = "characters"
    TOO_LONG = "too_long"
    NEW_WORD = "new_word"
    WORD_ORDER = "word_order"
    LEFT_OUT = "left_out"
    NEGATION = "negation"
    SENSE = "sense"
    QUESTION = "question"
    ENDING = "ending"
    RELATION = "relation"


@dataclass(frozen=True)
class Language:
    """The small words of a language and their classes."""

    words: frozenset[str]
    classes: dict[str, frozenset[str]]


@cache
def languages() -> dict[str, Language]:
    """Return the languages in which a rewording can be judged."""
    loaded = yaml.safe_load((Path(__file__).parent / "small_words.yaml").read_text("utf-8"))
    return {
        name: _language({one: frozenset(text.split()) for one, text in lists.items()}) for name, lists in loaded.items()
    }


def _language(lists: dict[str, frozenset[str]]) -> Language:
    return Language(frozenset().union(lists["small"], *(lists[name] for name in _CLASSES)), lists)


@dataclass(frozen=True)
class _Reading:
    """A sentence as the comparison sees it."""

    text: str
    language: Language

    @property
    def tokens(self) -> list[str]:
        return _tokens(self.text)

    @property
    def content(self) -> list[str]:
        return [one for one in self.tokens if not one.startswith("{") and one not in self.language.words]

    @property
    def slots(self) -> list[str]:
        return [one for one in self.tokens if one.startswith("{")]

    def has(self, name: str) -> bool:
        return any(one in self.language.classes[name] for one in self.tokens)

    @property
    def negated(self) -> Counter[str]:
        """Return the word that each negation is about: the next that carries meaning."""
        tokens, found = self.tokens, Counter[str]()
        for place, token in enumerate(tokens):
            if token in self.language.classes["negation"]:
                rest = [one for one in tokens[place + 1 :] if one not in self.language.words]
                found[rest[0] if rest else ""] += 1
        return found

    @property
    def relations(self) -> dict[str, str]:
        """Return the word before each slot, articles apart, where it says how the slot stands to the rest."""
        found, before = {}, ""
        for token in self.tokens:
            if token.startswith("{"):
                found[token] = before if before in self.language.classes["relation"] else ""
            if not any(token in self.language.classes[name] for name in ("article", "first", "second")):
                before = token
        return found


def check_rewording(template: str, reworded: str) -> Verdict:
    """Say whether `reworded` may be said for `template`; both with their facts as slots."""
    language = _language_of(template)
    was, now = _Reading(template, language), _Reading(reworded, language)
    for test in (_shape, _slots, _words, _sense):
        if (code := test(was, now)) is not None:
            return Denied(code)
    return Allowed()


def _shape(was: _Reading, now: _Reading) -> RewordingCode | None:
    if was.text[:1].isupper() and now.text[:1].islower():
        return RewordingCode.CHARACTERS
    letters = set(SLOT.sub("", now.text)) - set(SLOT.sub("", was.text))
    if any(not _ALLOWED.fullmatch(one) for one in letters):
        return RewordingCode.CHARACTERS
    if len(now.tokens) > _MOST_WORDS or len(now.text) > 2 * len(was.text) + 60:
        return RewordingCode.TOO_LONG
    if was.text.count("?") != now.text.count("?"):
        return RewordingCode.QUESTION
    return RewordingCode.ENDING if _STOP.findall(was.text) != _STOP.findall(now.text) else None


def _slots(was: _Reading, now: _Reading) -> RewordingCode | None:
    kinds = {SLOT.sub(r"\1", slot) for slot in was.slots}
    for kind in kinds or {""}:
        # Two of a kind could be taken for one another: they keep their order.
        if [one for one in was.slots if SLOT.sub(r"\1", one) == kind] != [
            one for one in now.slots if SLOT.sub(r"\1", one) == kind
        ]:
            return RewordingCode.SLOTS
    if Counter(was.slots) != Counter(now.slots):
        return RewordingCode.SLOTS
    return RewordingCode.RELATION if was.relations != now.relations else None


def _words(was: _Reading, now: _Reading) -> RewordingCode | None:
    if Counter(now.content) - Counter(was.content):
        return RewordingCode.NEW_WORD
    if len(now.content) < len(was.content):
        # "Lost on its way" without its first word is another message.
        return RewordingCode.LEFT_OUT
    return RewordingCode.WORD_ORDER if was.content != now.content else None


def _sense(was: _Reading, now: _Reading) -> RewordingCode | None:
    if was.negated != now.negated:
        return RewordingCode.NEGATION
    same = all(was.has(name) == now.has(name) for name in _SAME)
    return None if same and all(was.has(name) or not now.has(name) for name in _NOT_NEW) else RewordingCode.SENSE


def _tokens(text: str) -> list[str]:
    plain = text.lower().replace("’", "'")
    for pattern, expanded in _CONTRACTIONS:
        plain = pattern.sub(expanded, plain)
    return _WORD.findall(plain)


def _language_of(text: str) -> Language:
    tokens = _tokens(text)
    return max(languages().values(), key=lambda one: sum(token in one.words for token in tokens))
