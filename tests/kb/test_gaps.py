"""What customers ask in vain is gathered into articles that are missing."""

from pathlib import Path

from agent.testing import NOW
from kb.encoder import Encoder
from kb.gaps import gaps
from kb.search import Index

ASKED = [
    "do you rent out tents",
    "are there any job openings at your company",
    "can I rent a tent from you",
    "how do I season a cast iron pan",
    "is it possible to rent tents for a weekend",
]


async def test_like_questions_without_an_answer_are_one_gap(prepared: Path, encoder: Encoder) -> None:
    """The largest gap comes first with its questions; what an article answers is none."""
    found = await gaps(ASKED, Index(prepared / "index", encoder), encoder, on=NOW.date())
    assert [set(gap.questions) for gap in found] == [{ASKED[0], ASKED[2], ASKED[4]}, {ASKED[1]}]
    assert "## Asked 3 times" in found[0].outline()
    assert f"- {ASKED[0]}" in found[0].outline()
