"""What words count in a search, and the stem that their forms share."""

import re
import unicodedata

_WORD = re.compile(r"[^\W_]+")
_SILENT = frozenset(
    """a about am an and any are as at be been being but by can could did do does doing for from had has have he her
    hers hi hello him his how i id if im in into is it its ive just may me might mine must my no not of on or our
    please s shall she should so some t than that the their them then there these they this those to u us was we were
    what when where which who whom whose why will with would you your yours thanks thank hey arent
    cant cannot couldnt didnt doesnt dont hadnt hasnt havent isnt shouldnt wasnt wont wouldnt""".split()  # noqa: SIM905  # words read better than quotes
)


def stems(text: str) -> list[str]:
    """Return the stems of the words that carry meaning, in order; accents and apostrophes are dropped."""
    return [_stem(word) for word in _WORD.findall(plain(text)) if word not in _SILENT]


def plain(text: str) -> str:
    """Return the text in small letters without accents or apostrophes."""
    folded = unicodedata.normalize("NFKD", text.lower().replace("'", "").replace("’", ""))
    return "".join(sign for sign in folded if not unicodedata.combining(sign))


def _stem(word: str) -> str:
    word = _singular(word)
    if len(word) > 5 and word.endswith("ing"):
        word = word[:-3]
    elif len(word) > 4 and word.endswith(("ed", "ly")):
        word = word[:-2]
    if len(word) > 3 and word[-1] == word[-2] and word[-1] not in "lse":
        word = word[:-1]
    if len(word) > 4 and word.endswith("e"):
        word = word[:-1]
    return word[:-1] + "i" if len(word) > 4 and word.endswith("y") else word


def _singular(word: str) -> str:
    if len(word) > 4 and word.endswith("ies"):
        return word[:-3] + "y"
    if len(word) > 4 and word.endswith("sses"):
        return word[:-2]
    if len(word) > 3 and word.endswith("s") and not word.endswith(("ss", "us", "is")):
        return word[:-1]
    return word
