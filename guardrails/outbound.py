"""What may be said: a sentence leaves only with the evidence that backs it."""

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from guardrails.spoken import Ceiling
from guardrails.verdict import Allowed, Denied, Verdict


class Claim(StrEnum):
    """What kind of thing a sentence asserts."""

    NONE = "none"
    POLICY = "policy"
    ACCOUNT = "account"
    ACTION = "action"


class EvidenceKind(StrEnum):
    """Where evidence comes from."""

    RECEIPT = "receipt"
    READ = "read"
    ARTICLE = "article"


class OutboundCode(StrEnum):
    """Why a sentence was held back."""

    NOT_ON_RECORD = "evidence_not_on_record"
    POLICY_WITHOUT_ARTICLE = "policy_without_article"
    ACCOUNT_WITHOUT_READ = "account_without_read"
    ACTION_WITHOUT_RECEIPT = "action_without_receipt"
    ACTION_NOT_MARKED = "action_not_marked"
    AMOUNT_WITHOUT_EVIDENCE = "amount_without_evidence"
    NUMBER_WITHOUT_EVIDENCE = "number_without_evidence"
    ABOVE_LEVEL = "above_identity_level"


@dataclass(frozen=True)
class Evidence:
    """One thing on the record; `values` are its facts as they may be written to a customer."""

    kind: EvidenceKind
    ref: str
    values: tuple[str, ...] = ()


@dataclass(frozen=True)
class Sentence:
    """One sentence with its claim and the evidence it cites."""

    text: str
    claim: Claim = Claim.NONE
    evidence: tuple[Evidence, ...] = ()


_NEEDS: dict[Claim, tuple[frozenset[EvidenceKind], OutboundCode]] = {
    Claim.POLICY: (frozenset({EvidenceKind.ARTICLE}), OutboundCode.POLICY_WITHOUT_ARTICLE),
    Claim.ACCOUNT: (frozenset({EvidenceKind.READ, EvidenceKind.RECEIPT}), OutboundCode.ACCOUNT_WITHOUT_READ),
    Claim.ACTION: (frozenset({EvidenceKind.RECEIPT}), OutboundCode.ACTION_WITHOUT_RECEIPT),
}
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTH = rf"({'|'.join(_MONTHS)})[a-z]*\.?"
_NAMED_DATE = re.compile(rf"\d(?:st|nd|rd|th)?\s+(?:of\s+)?{_MONTH}(?![a-z])|\b{_MONTH}\s+\d", re.IGNORECASE)
_NUMBER = re.compile(r"\d+(?:,\d{3})*(?:\.\d+)?")
_COUNT_WORD = r"(?:one|two|three|four|five|six|seven|eight|nine|ten|\w+teen|twenty|thirty|\w+ty|hundred|thousand)"
_CURRENCY_WORD = r"(?:dollars?|euros?|pounds?|bucks|cents?|USD|EUR|GBP)"
_MONEY = re.compile(
    rf"[$€£¥]\s?\d|\d\s?[$€£¥]|\b(?:\d[\d.,]*|{_COUNT_WORD})[\s-]{_CURRENCY_WORD}\b|\b(?:USD|EUR|GBP)\s?\d",
    re.IGNORECASE,
)
_DONE = r"(?:refunded|cancell?ed|credited|replaced|reshipped|reordered)"
_CLAIMS_ACTION = re.compile(
    rf"\b(?:I|we)(?:['’]ve|\s+have)?\s+(?:just\s+|now\s+|already\s+)?{_DONE}\b"
    rf"|\byour\b[^.?!]{{0,60}}\b(?:has|have)\s+(?:now\s+|already\s+)?been\s+{_DONE}\b",
    re.IGNORECASE,
)
_CONDITION = re.compile(r"\b(?:if|once|when|after|until|before|whether|unless)\b|\?\s*$", re.IGNORECASE)


def check(
    sentence: Sentence, evidence: Collection[Evidence] | None = None, *, ceiling: Ceiling | None = None
) -> Verdict:
    """Say whether the sentence may be released; `evidence` is the turn's record, None if code cited from it.

    `ceiling` is what is known of the customer: evidence does not help a value that is above their identity level.
    """
    if ceiling is not None and ceiling.above(sentence.text):
        return Denied(OutboundCode.ABOVE_LEVEL)
    record = {(item.kind, item.ref): item for item in (sentence.evidence if evidence is None else evidence)}
    cited = [record.get((item.kind, item.ref)) for item in sentence.evidence]
    backing = [item for item in cited if item is not None]
    if len(backing) < len(cited):
        return Denied(OutboundCode.NOT_ON_RECORD)
    if sentence.claim is Claim.NONE:
        return _check_unclaimed(sentence.text)
    kinds, code = _NEEDS[sentence.claim]
    if not any(item.kind in kinds for item in backing):
        return Denied(code)
    # The record's values count, never those that came along with the sentence.
    backed = {number for item in backing for value in item.values for number in _numbers(value)}
    missing = set(_numbers(sentence.text)) - backed
    return Denied(OutboundCode.NUMBER_WITHOUT_EVIDENCE) if missing else Allowed()


def _check_unclaimed(text: str) -> Verdict:
    if _MONEY.search(text):
        return Denied(OutboundCode.AMOUNT_WITHOUT_EVIDENCE)
    if _CLAIMS_ACTION.search(text) and not _CONDITION.search(text):
        return Denied(OutboundCode.ACTION_NOT_MARKED)
    return Allowed()


def _numbers(text: str) -> Iterator[Decimal]:
    for match in _NUMBER.finditer(text):
        yield Decimal(match.group().replace(",", "")).normalize()
    for match in _NAMED_DATE.finditer(text):
        name = (match.group(1) or match.group(2)).lower()
        yield Decimal(_MONTHS.index(name) + 1).normalize()
