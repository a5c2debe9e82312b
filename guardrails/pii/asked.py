"""What a question asks for: the answer to "may I have your name?" is a name, whatever it looks like."""

import re
from collections.abc import Sequence

from guardrails.pii.span import SURE, Kind, Span, cut

_HIDDEN = r"""
    pass\ ?(?:word|code|phrase) | \bpin\b(?!\ ?code) | \botp\b | one[-\ ]time | hint | secret | maiden | memorable
    | security\ (?:question|answer) | (?:verification|access)\ code | favou?rite | first\ pet
"""
_PARTIAL = r"(?:last|final)\ (?:4|four|few|three|3) | ending\ in | \bssn\b | social\ security | four\ digits"
_PHONE = r"phone | mobile | cell | contact\ number | number\ (?:can|may|to)\ (?:we|i)?\ ?(?:call|reach)"
_CARD = r"card\ (?:number|details) | \bcv[vc]\b | security\ code | (?:credit|debit)\ card"
_ADDRESS = r"""
    address(?!ed) | street | where\ do\ you\ live
    | where\ (?:should|shall|do|can)\ (?:we|i|it)\ (?:be\ )?(?:send|sent|ship|deliver)
"""
_LOCATION = r"""
    \b(?:which|what|your)\ (?:city|town|country|state|region|location|place)
    | where\ (?:are|do)\ you | city\ (?:and|or|of)
"""
_ACCOUNT = r"""
    account | customer\ (?:number|id) | member(?:ship)?\ (?:number|id) | user\ ?(?:name|id) | login | claim
    | policy\ (?:number|id) | booking | reservation | confirmation | reference | licen[cs]e | passport | employee
    | serial | \bid\b | tracking
"""
_NAME = r"""
    (?:your|full|first|last|sur|family|given|legal|whose|what|the|their|his|her|recipient'?s?|and|or)\ ?-?name\b
    | \bname\ (?:please|on|of|is|for|and|or|goes|should) | ^\W*name\W*$ | (?:speaking|chatting|talking)\ (?:with|to)\b
    | who\ (?:am\ i|is\ this|are\ you|should|placed|is\ the\ (?:account|order|card|policy))
    | (?:should|can|may)\ i\ call\ you
"""
#: The surest first: "the last four of your account" asks for four digits.
_ASKED = tuple(
    (kind, re.compile(pattern, re.IGNORECASE | re.VERBOSE))
    for kind, pattern in (
        (Kind.SECRET, _HIDDEN),
        (Kind.PARTIAL_ID, _PARTIAL),
        (Kind.ZIP, r"\bzip\b | post\ ?code | postal | pin\ ?code"),
        (Kind.BIRTHDATE, r"birth | \bdob\b | born"),
        (Kind.PHONE, _PHONE),
        (Kind.EMAIL, r"e-?mail"),
        (Kind.CARD, _CARD),
        (Kind.IBAN, r"\biban\b"),
        (Kind.ADDRESS, _ADDRESS),
        (Kind.LOCATION, _LOCATION),
        (Kind.ACCOUNT, _ACCOUNT),
        (Kind.PERSON, _NAME),
    )
)
#: Words around an answer that are not the answer.
_LEADING = """
    hi|hello|hey|sure|yes|yeah|yep|ok|okay|of course|certainly|sorry|oh|well|so|please|thanks|thank you|no problem|
    the|my|our|a|an|it'?s|its|it is|it was|this is|that is|that's|that would be|should be|would be|i'?m|i am|im|me|
    myself|name'?s?|names|full|first|last|user ?name|user|account|acct|number|no|id|is|are|was|called|call me|
    you can call me|they call me|password|passcode|pin|hint|answer|zip ?code|zip|post ?code|postal|code|booking|
    claim|confirmation|policy|member(?:ship)?|customer|ref(?:erence)?|phone|email|address|city|state|country|live|
    in|at|from|under|for|to|ssn|ending|ends|four|digits|dob|birth|date|of|born|on|and|maiden|mother'?s|with|i|think|
    believe|guess|try|use|used|probably|maybe|set|would|be|they|it
"""
_TRAILING = "please|thanks|thank you|thx|sir|ma'?am|here|speaking|ok|okay|right|and|is it|i think|i believe"
_REFUSING = """
    no+|nope|nah|why|what|how|who|when|where|which|not|never|don'?t|can'?t|cannot|forgot|forgotten|none|n/?a|wait|
    hold on|    i (?:do not|don'?t|can'?t|cannot|won'?t|forgot|lost|already|want|need|have|would|never)|let me|could|
    one (?:sec|second|moment|minute)|is (?:it|that|this)|do (?:you|i)|can (?:you|i)|the same|same|skip|stop|cancel|help|
    it (?:is not|isn'?t|doesn'?t|does|says|arrived|came)|you (?:have|already|should|can)|agent|human
"""


def _any(words: str) -> str:
    return "|".join(word.strip() for word in words.split("|"))


_LEAD = re.compile(rf"(?i)^(?:\W*\b(?:{_any(_LEADING)})\b[\s:,.=\-]*)+")
_TRAIL = re.compile(rf"(?i)(?:[\s,.!]*\b(?:{_any(_TRAILING)})\b)*[\s,.!?:;]*$")
_REFUSAL = re.compile(rf"(?i)^\W*(?:{_any(_REFUSING)})\b")
#: A number with the letters that belong to it: "qzr 418", "b 7 t 2", "00 8841 2290".
_NUMBERISH = re.compile(
    r"(?:\b(?!(?i:is|it|its|are|and|no|my|the|id|zip|ssn|dob|pin|ok|yes|sure|code|in|at|on)\b)[A-Za-z]{1,4}[ \-])?"
    r"[\w#@.\-/]*\d[\w@.\-/]*"
    r"(?:[ \-]?\b(?!(?i:and|is|my|the|in|at|for|sir|ok|thx)\b)(?:[A-Za-z]{1,3}|[\w\-]*\d[\w\-]*)\b)*"
)
_MOST_WORDS = {Kind.PERSON: 4, Kind.SECRET: 7, Kind.ADDRESS: 16, Kind.LOCATION: 5, Kind.EMAIL: 12, Kind.ACCOUNT: 3}
_MOST_WORDS[Kind.PHONE] = 14
_NUMBERED = (
    Kind.PARTIAL_ID,
    Kind.ZIP,
    Kind.BIRTHDATE,
    Kind.PHONE,
    Kind.CARD,
    Kind.IBAN,
    Kind.ACCOUNT,
    Kind.SECRET,
    Kind.ADDRESS,
)
_LONGEST_PARTIAL = 5
_WEIGHT = SURE - 0.1


def asked_for(question: str) -> tuple[Kind, ...]:
    """Return the kinds of value that a question asks for, the surest first."""
    return tuple(kind for kind, pattern in _ASKED if pattern.search(question))


def answers(question: str, text: str, found: Sequence[Span]) -> list[Span]:
    """Return the spans of a short answer that must be what was asked for, beside those that are found already."""
    kinds = asked_for(question)
    if not kinds or _REFUSAL.match(text) or text.rstrip().endswith("?"):
        return []
    spans = [span for match in _NUMBERISH.finditer(text) for span in _numbered(kinds, text, match)]
    spoken = [kind for kind in kinds if kind in _MOST_WORDS]
    if not spoken:
        return spans
    if spoken[0] is Kind.SECRET and Kind.PERSON not in kinds:
        # A secret is whole: half a hint may give away the other half.
        return _spoken(spoken[0], text, [])
    if len(spoken) == 1:
        # Asked for one thing only, words are that thing, whatever they were taken for.
        found = [one for one in found if one.weight >= SURE or any(map(str.isdigit, text[one.start : one.end]))]
    return [*spans, *_spoken(spoken[0], text, [*found, *spans])]


def _numbered(kinds: Sequence[Kind], text: str, match: re.Match[str]) -> list[Span]:
    digits = sum(map(str.isdigit, match[0]))
    fitting = [kind for kind in kinds if kind in _NUMBERED]
    if digits > _LONGEST_PARTIAL and len(fitting) > 1:
        fitting = [kind for kind in fitting if kind is not Kind.PARTIAL_ID]
    return [Span(match.start(), match.end(), fitting[0], _WEIGHT)] if fitting else []


def _spoken(kind: Kind, text: str, found: Sequence[Span]) -> list[Span]:
    start, end = _core(text)
    known = sum(len(text[one.start : one.end].split()) for one in found)
    if start >= end or len(text[start:end].split()) > _MOST_WORDS[kind] + known:
        return []
    return [part for span in cut(text, Span(start, end, kind, _WEIGHT), found) for part in _trimmed(text, span)]


def _core(text: str) -> tuple[int, int]:
    lead, trail = _LEAD.match(text), _TRAIL.search(text)
    return (lead.end() if lead else 0), (trail.start() if trail else len(text))


def _trimmed(text: str, span: Span) -> list[Span]:
    # What stands between two values ("… and my account is …") is no value.
    start, end = (span.start + place for place in _core(text[span.start : span.end]))
    start += len(text[start:end]) - len(text[start:end].lstrip(" ,.;:-"))
    if start < end and any(map(str.isalnum, text[start:end])):
        return [Span(start, end, span.kind, span.weight)]
    return []
