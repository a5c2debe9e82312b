"""The tag head: what torch trains, numpy computes; messages are drawn by seed."""

from pathlib import Path

import numpy as np

from agent.quality.pii_generate import Generator
from agent.quality.pii_train import LABELS, Example, train_head
from guardrails.pii.head import WEIGHTS, load_head, save_head
from guardrails.pii.shape import WIDTH, shapes


def test_the_same_seed_draws_the_same_messages() -> None:
    """Training can be repeated."""
    drawn = [list(Generator(11).samples(50)) for _ in range(2)]
    assert drawn[0] == drawn[1]
    assert any(one.spans for one in drawn[0])
    assert any(not one.spans for one in drawn[0])


def test_labels_mark_the_values() -> None:
    """A label never holds spaces at its ends, and labels never overlap."""
    for sample in Generator(12).samples(400):
        ends = [0]
        for start, end, _ in sample.spans:
            assert sample.text[start:end] == sample.text[start:end].strip()
            assert ends[-1] <= start < end
            ends.append(end)


def test_a_trained_head_learns_and_is_kept(tmp_path: Path) -> None:
    """A few messages with a plain rule are learnt in seconds, and half precision changes no answer."""
    rng = np.random.default_rng(1)
    examples = []
    for _ in range(256):
        states = rng.normal(size=(6, 3 * 384)).astype(np.float16)
        labels = np.where(states[:, 0] > 0, 1, 0).astype(np.int64)
        states[:, :200] = np.where(labels == 1, 2, -2)[:, None]
        examples.append(Example(states, np.zeros((6, WIDTH), np.float32), labels))
    head = train_head(examples, epochs=3, seed=1, progress=lambda _: None)
    odds = head(examples[0].states.astype(np.float32), examples[0].shape)
    assert np.array_equal(odds.argmax(1), examples[0].labels)
    save_head(head, tmp_path / "head.npz")
    kept = load_head(tmp_path / "head.npz")(examples[0].states.astype(np.float32), examples[0].shape)
    assert np.allclose(kept, odds, atol=0.01)


def test_the_committed_head_is_small_and_whole() -> None:
    """At most 3 MB, and every label of the training is in it."""
    assert WEIGHTS.stat().st_size <= 3_000_000
    assert load_head().labels == LABELS


def test_shapes_see_capitals_and_lengths() -> None:
    """Two writings of a word differ, and so do numbers of four and five digits."""
    upper, lower = shapes("ada Ada", [(0, 3), (4, 7)])
    assert not np.array_equal(upper, lower)
    four, five = shapes("1234 12345", [(0, 4), (5, 10)])
    assert not np.array_equal(four, five)
    assert shapes("", [(0, 0), (0, 0)]).sum() == 0
