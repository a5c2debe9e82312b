"""The tag head: what torch trains, numpy computes; messages are drawn by seed."""

from pathlib import Path

import numpy as np
import torch

from agent.quality.pii_generate import Generator
from agent.quality.pii_names import lines
from agent.quality.pii_train import LABELS, Example, hide_words, train_head
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


def test_every_way_to_say_it_is_written_out() -> None:
    """Alternatives are chosen whole, and each slot of the prose is one that values fill."""
    generator = Generator(13)
    for line in [*lines("prose"), *lines("prose_ordinary")]:
        said = "".join(text for text, label in generator._filled(generator._said(line)) if label is None)
        assert not set(said) & set("[]{}|"), line


def test_hidden_words_are_few_and_of_every_label() -> None:
    """What is hidden tells nothing about the label, and padding stays empty."""
    labels = torch.tensor([[0, 1, -100], [2, 0, -100]])
    states = torch.zeros(2, 3, 4)
    hide_words(states, labels, torch.zeros(2, 3))
    assert (states.abs().sum(-1) > 0).tolist() == [[True, True, False], [True, True, False]]
    kept = torch.ones(2, 3, 4)
    hide_words(kept, labels, torch.full((2, 3), 0.5))
    assert (kept == 1).all()


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
