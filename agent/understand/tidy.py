"""What customers type, made readable: chat spelling, slips of the finger, swear words; and where the request begins."""

import re
from collections import Counter
from collections.abc import Container, Iterable
from functools import lru_cache

_SLANG = {
    "u": "you", "ur": "your", "r": "are", "pls": "please", "plz": "please", "thx": "thanks", "ya": "you",
    "wanna": "want to", "gonna": "going to", "gotta": "have to", "gimme": "give me", "cant": "can't", "dont": "don't",
    "im": "i'm", "ive": "i've", "idk": "i don't know", "acc": "account", "acct": "account", "pw": "password",
    "pwd": "password", "hv": "have", "cuz": "because", "bc": "because", "wheres": "where's", "whats": "what's",
    "didnt": "didn't", "doesnt": "doesn't", "wont": "won't", "isnt": "isn't", "havent": "haven't", "hasnt": "hasn't",
    "tmrw": "tomorrow", "deets": "details", "ppl": "people", "w": "with", "abt": "about", "rn": "right now",
}  # fmt: skip
_SWEARING = frozenset({"fucking", "fuckin", "fuck", "goddamn", "bloody", "damn", "damned", "freaking", "effing"})
_PART = re.compile(r"[A-Za-z']+|[^A-Za-z']+")
_WORD = re.compile(r"[a-z]+")
_HELP = r"(?:(?:get|have|ask\ for|receive)\ )?(?:some\ |more\ |your\ )?(?:help|assistance|support|information|info)"
_ABOUT = r"(?:to|with|for|in|on|about|regarding)"
#: "W-1043" and "R2" are no words.
_PART_OF_A_NUMBER = frozenset("-0123456789")
#: How customers lead up to what they want: it says nothing about what it is.
_LEAD = re.compile(
    rf"""^\W*(?:
      (?:hi|hello|hey|hiya|good\ (?:morning|afternoon|evening|day))(?:\ (?:there|team|sir|dear|all))?\b[\s,.!]*
    | (?:and|so|well|ok|okay|please|just|actually)\b[\s,]*
    | i(?:['’]d|\ would)?\ ?(?:['’]ve)?\ ?(?:really\ |just\ |also\ )?(?:want|need|have\ got|have|got|like|try|wish)\s
        (?:to\ (?={_HELP}))?{_HELP}\ ?{_ABOUT}?\b\s*
    | i(?:['’]d|\ would)?\ ?(?:really\ |just\ |also\ )?(?:want|need|have|have\ got|like|try|wish)\ to\b\s*
    | (?:want|need|got)\ (?:to|{_HELP}(?:\ {_ABOUT})?)\b\s*
    | i\ (?:do\ not|don['’]?t)\ know\ (?:how|what|where)\b\s*(?:to\b|i\b)?\s*
    | (?:can|could|would|will)\ (?:you|somebody|someone|anyone|i)\b\s*(?:please\ )?
    | (?:help|assist|tell|show|inform)\ (?:me|us)\b\s*(?:to|with|in|on|more\ about|about|out)?\b\s*
    | (?:help|assistance|support|information)\ {_ABOUT}\b\s*
    | (?:is\ it|would\ it\ be)\ possible\ (?:to|for\ me\ to)\b\s*
    | (?:how|what|where)\ (?:do|can|could|should|must)\ i\b\s*
    | (?:can|could|have|need|must|should)\ (?:i\b\s*)?(?:to\b\s*)?(?:do\ (?:to|for)\b\s*)?
    | (?:how|where)\ to\b\s*
    | (?:do|have\ to\ do|need\ to\ do)\ to\b\s*
    )""",
    re.I | re.X,
)
#: A request that is shorter than this is not cut.
_SHORTEST = 6


class Speller:
    """Corrects words that nobody knows to the known word one slip away."""

    def __init__(self, words: Iterable[str], lexicon: Container[str]) -> None:
        """Take the words to correct to, most frequent first; what is in the lexicon is right as it is."""
        self.words = tuple(words)
        self._rank = {word: place for place, word in enumerate(self.words)}
        self._lexicon = lexicon
        self._near: dict[str, list[str]] = {}
        for word in self.words:
            for short in _shorter(word):
                self._near.setdefault(short, []).append(word)
        self.correct = lru_cache(maxsize=4096)(self._correct)

    @classmethod
    def of(cls, texts: Iterable[str], lexicon: Container[str]) -> "Speller":
        """Learn the words that the texts use more than once and that the lexicon holds."""
        counts = Counter(word for text in texts for word in _WORD.findall(text.lower()))
        known = [word for word, count in counts.most_common() if count > 1 and len(word) > 3 and word in lexicon]
        return cls(sorted(known, key=lambda word: (-counts[word], word)), lexicon)

    def _correct(self, word: str) -> str:
        """Return the word that was meant, or two where the space between them is missing."""
        if not 4 <= len(word) <= 24 or word in self._lexicon:
            return word
        near = {known for short in _shorter(word) for known in self._near.get(short, ()) if _one_slip(known, word)}
        if near:
            return min(near, key=self._rank.__getitem__)
        for cut in range(3, len(word) - 2) if len(word) >= 8 else ():
            if word[:cut] in self._rank and word[cut:] in self._rank:
                return f"{word[:cut]} {word[cut:]}"
        return word


def tidy(text: str, speller: Speller) -> str:
    """Return the text with chat words written out, slips corrected and swearing left out."""
    parts: list[str] = []
    found = _PART.findall(text)
    for part, behind in zip(found, [*found[1:], ""], strict=False):  # no parts have none behind
        word = part.lower()
        if word in _SWEARING:
            continue
        if len(word) == 1 and behind[:1] in _PART_OF_A_NUMBER:
            parts.append(part)
            continue
        better = _SLANG.get(word) or (speller.correct(word) if part.isalpha() and part.isascii() else word)
        parts.append(part if better == word else better)
    return " ".join("".join(parts).split()) or text


def where_it_begins(text: str) -> int:
    """Return the place of the request behind its lead-in: "could you help me to" is 0 for nothing else to say."""
    place = 0
    for _ in range(6):
        found = _LEAD.match(text[place:])
        if not found or not found.group():
            break
        place += found.end()
    return place if len(text) - place >= _SHORTEST else 0


def _shorter(word: str) -> set[str]:
    return {word, *(word[:cut] + word[cut + 1 :] for cut in range(len(word)))}


def _one_slip(known: str, typed: str) -> bool:
    """Answer whether one letter more, less, other or swapped with its neighbour turns one into the other."""
    start = 0
    while start < min(len(known), len(typed)) and known[start] == typed[start]:
        start += 1
    left, right = known[start:], typed[start:]
    swapped = left[:2] == right[1::-1] and left[2:] == right[2:] and len(right) > 1
    return swapped or left[1:] in (right, right[1:]) or left == right[1:]
