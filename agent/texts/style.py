"""What our texts hold to, as far as a program can see it: short, one question, no filler, the same facts everywhere."""

import re
from string import Formatter

from agent.texts import LANGUAGES, texts

LONGEST = 60
_FILLER = (
    r"inconvenience|apologi[sz]e|my apologies|unfortunately|rest assured|happy to help|pleased to|kindly|as an ai|"
    r"i have processed|processed your|at your earliest|feel free|please note|bear with|valued customer|"
    r"i understand your|sorry for any|great question|no worries|oops|"
    r"leider|unannehmlichkeit|entschuldigen|selbstverständlich|bedauerlicherweise|"
    r"lamentablemente|molestias|disculpe|por supuesto|malheureusement|désagrément|excusez|n'hésitez"
)
_BANNED = re.compile(rf"\b(?:{_FILLER})", re.IGNORECASE)
_APOLOGY = re.compile(r"\b(?:sorry|es tut mir leid|lo siento|siento que|désolé)\b", re.IGNORECASE)


def faults(words: str) -> tuple[str, ...]:
    """Return what a reply does that none should, each as a few words."""
    found = []
    if len(words.split()) > LONGEST:
        found.append(f"over {LONGEST} words")
    if words.count("?") > 1:
        found.append("more than one question")
    if re.search(r"[!¡]", words):
        found.append("an exclamation mark")
    if filler := _BANNED.search(words):
        found.append(f"filler: {filler.group()}")
    if len(_APOLOGY.findall(words)) > 1:
        found.append("more than one apology")
    return tuple(found)


def file_faults() -> list[str]:
    """Return what is wrong with the files: keys, facts and words, each as a line that names language and key."""
    found = []
    english = texts("en")
    for language in LANGUAGES:
        own = {key: words for key, words in texts(language).items() if key != "terms"}
        found += [f"{language}: {key} is missing" for key in english if key not in own]
        found += [f"{language}: {key} is not in en.yaml" for key in own if key not in english]
        for key, words in own.items():
            found += [f"{language}: {key}: {fault}" for fault in faults(words)]
            if key in english and facts_of(words) != facts_of(english[key]):
                found.append(f"{language}: {key} has other facts than en.yaml")
        for pattern, words in texts(language).get("terms", {}).items():
            if pattern.count("{") != words.count("{"):
                found.append(f"{language}: the term {pattern} has other facts than its translation")
    return found


def facts_of(words: str) -> frozenset[str]:
    """Return the names of the facts that a text is filled with."""
    return frozenset(name for _, name, _, _ in Formatter().parse(words) if name)
