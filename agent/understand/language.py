"""Which language a message is in: by its script, else by the small words that every sentence needs."""

import re
from functools import cache
from pathlib import Path

_SCRIPTS = (
    ("ja", re.compile(r"[\u3040-\u30ff]")),
    ("zh", re.compile(r"[\u4e00-\u9fff]")),
    ("ko", re.compile(r"[\uac00-\ud7af]")),
    ("ar", re.compile(r"[\u0600-\u06ff]")),
    ("he", re.compile(r"[\u0590-\u05ff]")),
    ("uk", re.compile(r"[іїєґІЇЄҐ]")),
    ("ru", re.compile(r"[\u0400-\u04ff]")),
    ("el", re.compile(r"[\u0370-\u03ff]")),
    ("hi", re.compile(r"[\u0900-\u097f]")),
    ("th", re.compile(r"[\u0e00-\u0e7f]")),
)
_TOKEN = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")
#: Letters that English words do not have, and whose they are.
_LETTERS = re.compile(r"[äöüßñçãõłśżźćęąğışâêîôûàèìòùáéíóúåøæřěščžțăđ¿¡]")
#: A message of one or two words is foreign only by a word this long: shorter ones are slips and codes.
_ALONE = 4


def language_of(text: str) -> str:
    """Return the language as ISO 639-1; English where nothing speaks clearly against it."""
    letters = [character for character in text if character.isalpha()]
    for language, script in _SCRIPTS:
        if letters and sum(bool(script.match(one)) for one in letters) >= 0.3 * len(letters):
            return _refined(text, language)
    tokens = [token.lower().replace("’", "'") for token in _TOKEN.findall(text)]
    tokens = [word for word in tokens if len(word) > 1 or word == "i"]
    counts = {language: sum(token in words for token in tokens) for language, words in _small_words().items()}
    english = counts.pop("en")
    best = max(counts, key=lambda language: counts[language])
    foreign = counts[best] + 0.7 * sum(bool(_LETTERS.search(token)) for token in tokens)
    # One foreign word in an English sentence is a name or a product; a short message must be foreign throughout.
    alone = len(tokens) <= 2 and any(len(token) >= _ALONE and token in _small_words()[best] for token in tokens)
    enough = (len(tokens) > 2 and foreign >= 2) or alone
    clear = foreign > 1.5 * english and foreign >= 0.34 * len(tokens)
    return best if counts[best] and enough and clear else "en"


@cache
def _small_words() -> dict[str, frozenset[str]]:
    lines = (Path(__file__).parent / "small_words.txt").read_text(encoding="utf-8").splitlines()
    rows = (line.split() for line in lines if not line.startswith("#"))
    return {language: frozenset(words) for language, *words in rows}


def _refined(text: str, language: str) -> str:
    """Tell Japanese from Chinese and Ukrainian from Russian: they share most of a script."""
    if language == "zh" and _SCRIPTS[0][1].search(text):
        return "ja"
    if language == "ru" and _SCRIPTS[5][1].search(text):
        return "uk"
    return language
