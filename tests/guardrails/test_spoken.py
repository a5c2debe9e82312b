"""The table of what may be spoken at which level, and the ceiling that holds it."""

import pytest

from guardrails.identity import Level
from guardrails.outbound import Claim, Evidence, EvidenceKind, OutboundCode, Sentence, check
from guardrails.spoken import TABLE, Ceiling, How, Personal, masked, personal, spoken
from guardrails.verdict import Allowed, Denied

OWN = {
    Personal.NAME: "Maya Whitfield",
    Personal.EMAIL: "maya.whitfield@example.com",
    Personal.PHONE: "+1 503 555 0137",
    Personal.ADDRESS: "18 Alder Lane, Portland, OR 97205",
    Personal.CARD: "4242 4242 4242 4242",
}
EVERY = [(kind, level) for kind in Personal for level in Level]


def at(level: Level) -> Ceiling:
    return Ceiling(level, frozenset(OWN.items()))


def test_the_table_decides_on_every_value_at_every_level() -> None:
    """No gap, nothing in full before somebody is known, and a card never."""
    assert {(kind, level) for kind, row in TABLE.items() for level in row} == set(EVERY)
    assert How.FULL not in {row[Level.ANONYMOUS] for row in TABLE.values()}
    assert How.FULL not in TABLE[Personal.CARD].values()


@pytest.mark.parametrize("kind", Personal)
def test_a_higher_level_never_hears_less(kind: Personal) -> None:
    """From hidden over masked to full."""
    order = [How.HIDDEN, How.MASKED, How.FULL]
    heard = [order.index(TABLE[kind][level]) for level in sorted(Level)]
    assert heard == sorted(heard)


@pytest.mark.parametrize(
    ("kind", "shown"),
    [
        (Personal.EMAIL, "m••••@example.com"),
        (Personal.PHONE, "••••37"),
        (Personal.ADDRESS, "••••, Portland, OR 97205"),
        (Personal.CARD, "••4242"),
        (Personal.NAME, "M••••"),
    ],
)
def test_a_mask_shows_its_owner_enough(kind: Personal, shown: str) -> None:
    """And nobody else more than this."""
    assert masked(kind, OWN[kind]) == shown


@pytest.mark.parametrize(("kind", "level"), EVERY)
def test_what_the_table_allows_passes_and_the_whole_value_does_not(kind: Personal, level: Level) -> None:
    """Spoken as the table says it goes out; in full only where the table says so."""
    allowed = spoken(kind, OWN[kind], level)
    if allowed is not None:
        assert at(level).above(f"We have {allowed} for you.") is None
    whole = at(level).above(f"We have {OWN[kind]} for you.")
    assert (whole is None) == (TABLE[kind][level] is How.FULL)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("It is MAYA.WHITFIELD@EXAMPLE.COM", Personal.EMAIL),
        ("Call (503) 555-0137", Personal.PHONE),
        ("5550137", Personal.PHONE),
        ("5 0 3.5 5 5.0 1 3 7", Personal.PHONE),
        ("18  alder   lane", Personal.ADDRESS),
        ("card 4242-4242-4242-4242", Personal.CARD),
        ("card 5555 5555 5555 4444", Personal.CARD),
        ("order 1043, tracking 1Z999AA10123456784", None),
        ("in Portland, $42.42, Visa ••4242", None),
    ],
)
def test_a_value_is_known_however_it_is_written(text: str, kind: Personal | None) -> None:
    """In any case and spacing; a card also when it is nobody's we know."""
    found = at(Level.SIGNED_IN).above(text)
    assert found == kind


def test_evidence_does_not_lift_the_ceiling() -> None:
    """A fact may be on the record and still not for this level."""
    read = Evidence(EvidenceKind.READ, "customer:cus-0001", (OWN[Personal.ADDRESS],))
    sentence = Sentence(f"You live at {OWN[Personal.ADDRESS]}.", Claim.ACCOUNT, (read,))
    assert check(sentence, ceiling=at(Level.SIGNED_IN)) == Denied(OutboundCode.ABOVE_LEVEL)
    assert check(sentence, ceiling=at(Level.STEPPED_UP)) == Allowed()


def test_a_cards_rows_are_veiled_in_place() -> None:
    """What can be masked is masked where it stands; what cannot be is not shown."""
    ceiling = at(Level.SIGNED_IN)
    assert ceiling.veiled(f"To {OWN[Personal.ADDRESS]}") == "To ••••, Portland, OR 97205"
    assert ceiling.veiled("To 18 alder  lane") == "••••"
    assert ceiling.veiled("Order 1043") == "Order 1043"


def test_personal_values_are_found_in_what_was_read() -> None:
    """However deep; an item's name is nobody's."""
    read = {"customer": {"name": OWN[Personal.NAME], "address": OWN[Personal.ADDRESS]}, "items": [{"name": "mug"}]}
    assert personal(read) == {(Personal.NAME, OWN[Personal.NAME]), (Personal.ADDRESS, OWN[Personal.ADDRESS])}
