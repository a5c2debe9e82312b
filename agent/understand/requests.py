"""Two requests in one message, and one request in a long one."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from agent.understand.clauses import clauses
from agent.understand.head import OUT_OF_SCOPE, Head, Scores
from agent.understand.labels import DIALOGUE, FAMILIES
from agent.understand.meaning import label_of

#: What a clause must reach to count as a request beside another; chosen on written examples of both kinds.
CLEAR = 0.5
#: A clause asks for something when it is a question, a wish or an order; the others tell what happened.
_WISH = re.compile(
    r"[^?]*\?|\W*(?:(?:please|pls|and|also|then|now|just|so|could you|can you|would you|you can|kindly|hi|hello)\W+)*"
    r"(?:please|can|could|would|will you|where|when|how|what|which|who|why|is|are|do|does|did|has|"
    r"i(?:['’]?d| would)? (?:also )?(?:want|need|like|love|wish|must|have to)|need|want|i am looking|i['’]?m looking|"
    r"cancel|refund|reimburse|return|change|update|send|give|tell|check|stop|pause|track|upgrade|downgrade|switch|"
    r"delete|close|reset|resend|replace|exchange|swap|order|buy|help|unsubscribe|subscribe|add|remove|show|find|make|"
    r"put|let|get|skip|move|edit|correct|block|freeze|report|connect|transfer|call|talk|speak)\b",
    re.I,
)


@dataclass(frozen=True, kw_only=True)
class Request:
    """One request: its words, with what was told around it, and its meaning."""

    meaning: str
    share: float
    words: str


def read(head: Head, words: str) -> tuple[Scores, tuple[Request, ...]]:
    """Return what the whole message means, and its requests in order where it holds more than one."""
    tidied = head.tidied(words)
    whole = head.score_part(tidied, 0, len(tidied))
    places = clauses(tidied)
    if len(places) == 1:
        return whole, ()
    parts = [head.score_part(tidied, start, end) for start, end in places]
    found = _requests(tidied, places, parts)
    return _together(whole, parts), found if _are_several(found) else ()


def _requests(text: str, places: Sequence[tuple[int, int]], parts: Sequence[Scores]) -> tuple[Request, ...]:
    found: list[Request] = []
    told: int | None = None  # where the words begin that the next request may still lay claim to
    for (start, end), scores in zip(places, parts, strict=True):
        told = start if told is None else told
        meaning, share = scores.best
        if share >= CLEAR and label_of(meaning) not in DIALOGUE and _WISH.match(text[start:end]):
            found.append(Request(meaning=meaning, share=share, words=text[told:end].strip(" ,;")))
            told = None
    if found and told is not None:
        found[-1] = replace(found[-1], words=f"{found[-1].words} {text[told:].strip()}".strip())
    return tuple(found)


def _are_several(found: Sequence[Request]) -> bool:
    """Answer whether the requests are of different kinds: "I can't log in, reset my password" is one."""
    kinds = {next((family[0] for family in FAMILIES if one.meaning in family), one.meaning) for one in found}
    return len(kinds) > 1


def _together(whole: Scores, parts: Sequence[Scores]) -> Scores:
    """Return the shares of a message of several clauses: half the whole's, half its clearest clause's.

    Small talk around a request says nothing about it, so there the clauses count by their mean. The shares then need
    not sum to 1.
    """
    shares = {}
    for meaning, share in whole.shares.items():
        each = [part.shares[meaning] for part in parts]
        most = sum(each) / len(each) if label_of(meaning) in DIALOGUE else max(each)
        shares[meaning] = (share + most) / 2
    ranked = {meaning: shares[meaning] for meaning in sorted(shares, key=lambda one: -shares[one])}
    return replace(whole, shares=ranked, out_of_scope=shares.get(OUT_OF_SCOPE, whole.out_of_scope))
