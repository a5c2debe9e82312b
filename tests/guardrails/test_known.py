"""Which customers a text may be about."""

from guardrails.pii.known import Known
from guardrails.pii.profile import Profile

MAYA = Profile(
    names=("Maya Whitfield",),
    emails=("maya@example.com",),
    phones=("+1 503-555-0137",),
    addresses=("18 Alder Lane, Portland",),
    cards=("4242424242424242",),
)


def test_every_value_finds_its_profile() -> None:
    """A text with any of the values finds it, however the value is written."""
    known = Known()
    assert known.add(MAYA)
    for text in ("MAYA!", "maya@example.com", "(503) 555 01 37", "18 alder lane", "x4242"):
        assert known.about(text) == [MAYA]
    assert known.about("example of order 1042 in the lane") == []


def test_the_oldest_is_forgotten() -> None:
    """The number of profiles is bounded; a profile given again stays."""
    known = Known(most=2)
    one, two, three = (Profile(names=(name,)) for name in ("Ada", "Bea", "Cleo"))
    assert [known.add(profile) for profile in (one, two, one, three)] == [True, True, False, True]
    assert [known.about(name) for name in ("ada", "bea", "cleo")] == [[one], [], [three]]
