"""The head is fitted from examples alone, the same every time, and kept by their content."""

import subprocess
import sys
from pathlib import Path

import pytest

from agent.understand.head import fit, load_or_fit
from kb.encoder import Encoder

EXAMPLES = {
    "red": ["I want the red one", "give me red", "red please", "the crimson one"],
    "ship": ["where is my parcel", "track my parcel", "has it shipped", "when does it arrive"],
    "out_of_scope": ["what's the weather", "tell me a joke", "who is the king of Spain", "play some jazz"],
}


def test_what_was_learnt_is_told_apart(encoder: Encoder) -> None:
    """New words of the same meaning are found; shares of one clause sum to 1."""
    head = fit(EXAMPLES, encoder)
    found = head.scores("could you track the parcel for me")
    assert found.best[0] == "ship"
    assert sum(found.shares.values()) == pytest.approx(1, abs=1e-4)
    assert found.out_of_scope < head.scores("will it rain on sunday").out_of_scope


def test_a_kept_head_answers_as_the_fitted_one(encoder: Encoder, tmp_path: Path) -> None:
    """Loading changes nothing, and other examples make another head."""
    fitted, kept = load_or_fit(EXAMPLES, encoder, tmp_path), load_or_fit(EXAMPLES, encoder, tmp_path)
    for text in ("red!", "when will it come", "xyz"):
        assert fitted.scores(text).shares == pytest.approx(kept.scores(text).shares, abs=1e-3)
    load_or_fit({**EXAMPLES, "red": ["scarlet"]}, encoder, tmp_path)
    assert len(list(tmp_path.glob("head-*.npz"))) == 2


def test_two_meanings_are_enough(encoder: Encoder) -> None:
    """A head of two tells them apart like a larger one."""
    head = fit({name: EXAMPLES[name] for name in ("red", "ship")}, encoder)
    assert [head.scores(text).best[0] for text in ("red please", "track it")] == ["red", "ship"]
    assert head.scores("quantum physics lecture").out_of_scope > head.scores("red please").out_of_scope


def test_serving_needs_no_training_library(prepared: Path) -> None:
    """A process that serves customers loads neither torch nor scikit-learn."""
    code = (
        "import sys; from pathlib import Path; from kb.encoder import Encoder; "
        "from agent.understand.embedded import EmbeddedUnderstand; from agent.understand.situation import situation; "
        "home = Path(sys.argv[1]); "
        "understanding = EmbeddedUnderstand(Encoder(home / 'encoder'), home / 'heads'); "
        "understanding.understand(situation({}), 'where is order 1051?'); "
        "sys.exit(bool({'torch', 'sklearn', 'scipy'} & set(sys.modules)))"
    )
    subprocess.run([sys.executable, "-c", code, prepared], check=True, cwd=Path(__file__).parents[3])
