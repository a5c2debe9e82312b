"""What may be said: nothing without the evidence for it."""

import pytest

from guardrails.outbound import Claim, Evidence, EvidenceKind, OutboundCode, Sentence, check
from guardrails.verdict import Allowed, Denied, Verdict

READ = Evidence(EvidenceKind.READ, "order:1042", ("1042", "$42.00", "2026-03-12", "two lamps"))
RECEIPT = Evidence(EvidenceKind.RECEIPT, "R-17", ("R-17", "$42.00", "4242"))
ARTICLE = Evidence(EvidenceKind.ARTICLE, "POL-REFUND", ("30 days", "$1,250.00"))
RECORD = (READ, RECEIPT, ARTICLE)


def said(text: str, claim: Claim, *cited: Evidence) -> Verdict:
    """Check a sentence against the record."""
    return check(Sentence(text, claim, cited), RECORD)


@pytest.mark.parametrize(
    ("text", "claim", "cited"),
    [
        ("How can I help?", Claim.NONE, ()),
        ("Do you mean order 1042 or 1043?", Claim.NONE, ()),
        ("Once we have refunded you, you get a mail.", Claim.NONE, ()),
        ("Order 1042 arrives on 12 March 2026.", Claim.ACCOUNT, (READ,)),
        ("It was sent on Mar 12.", Claim.ACCOUNT, (READ,)),
        ("Your refund went to the card ending in 4242.", Claim.ACCOUNT, (RECEIPT,)),
        ("I have refunded $42 (R-17).", Claim.ACTION, (RECEIPT,)),
        ("You can return it within 30 days, up to $1250.", Claim.POLICY, (ARTICLE,)),
    ],
)
def test_what_is_backed_is_released(text: str, claim: Claim, cited: tuple[Evidence, ...]) -> None:
    """A sentence with its evidence goes out."""
    assert said(text, claim, *cited) == Allowed()


@pytest.mark.parametrize(
    ("text", "claim", "cited", "code"),
    [
        ("It is on its way.", Claim.ACCOUNT, (), OutboundCode.ACCOUNT_WITHOUT_READ),
        ("It is on its way.", Claim.ACCOUNT, (ARTICLE,), OutboundCode.ACCOUNT_WITHOUT_READ),
        ("It is refunded.", Claim.ACTION, (), OutboundCode.ACTION_WITHOUT_RECEIPT),
        ("It is refunded.", Claim.ACTION, (READ, ARTICLE), OutboundCode.ACTION_WITHOUT_RECEIPT),
        ("Returns are free.", Claim.POLICY, (READ,), OutboundCode.POLICY_WITHOUT_ARTICLE),
        ("I refunded $43.00.", Claim.ACTION, (RECEIPT,), OutboundCode.NUMBER_WITHOUT_EVIDENCE),
        ("I refunded $4,200.", Claim.ACTION, (RECEIPT,), OutboundCode.NUMBER_WITHOUT_EVIDENCE),
        ("Order 1043 is on its way.", Claim.ACCOUNT, (READ,), OutboundCode.NUMBER_WITHOUT_EVIDENCE),
        ("It arrives on 13 March.", Claim.ACCOUNT, (READ,), OutboundCode.NUMBER_WITHOUT_EVIDENCE),
        ("It arrives on 12 April.", Claim.ACCOUNT, (READ,), OutboundCode.NUMBER_WITHOUT_EVIDENCE),
        ("Within 60 days.", Claim.POLICY, (ARTICLE,), OutboundCode.NUMBER_WITHOUT_EVIDENCE),
        ("You will get $42.00 back.", Claim.NONE, (), OutboundCode.AMOUNT_WITHOUT_EVIDENCE),
        ("You will get 42 euros.", Claim.NONE, (READ,), OutboundCode.AMOUNT_WITHOUT_EVIDENCE),
        ("That is forty dollars.", Claim.NONE, (), OutboundCode.AMOUNT_WITHOUT_EVIDENCE),
        ("I've refunded it.", Claim.NONE, (), OutboundCode.ACTION_NOT_MARKED),
        ("Your order has been cancelled.", Claim.NONE, (), OutboundCode.ACTION_NOT_MARKED),
    ],
)
def test_what_is_not_backed_is_held_back(
    text: str, claim: Claim, cited: tuple[Evidence, ...], code: OutboundCode
) -> None:
    """Each has its reason."""
    assert said(text, claim, *cited) == Denied(code)


def test_evidence_that_is_not_on_the_record_does_not_count() -> None:
    """A citation that the model made up is refused."""
    made_up = Evidence(EvidenceKind.RECEIPT, "R-99", ("R-99",))
    assert said("Done, R-99.", Claim.ACTION, made_up) == Denied(OutboundCode.NOT_ON_RECORD)


def test_the_records_values_count_not_the_citations() -> None:
    """A citation cannot bring along values that the record does not have."""
    padded = Evidence(EvidenceKind.RECEIPT, "R-17", ("R-17", "$9,999.00"))
    assert said("I refunded $9,999.", Claim.ACTION, padded) == Denied(OutboundCode.NUMBER_WITHOUT_EVIDENCE)


def test_without_a_record_the_citations_are_the_record() -> None:
    """Code that built its citations from the turn's outcomes need not repeat them."""
    assert check(Sentence("R-17 it is.", Claim.ACTION, (RECEIPT,))) == Allowed()
