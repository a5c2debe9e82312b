"""Trains the tag head on messages of our own making; torch is used here and nowhere at run time."""

import random
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from agent.quality.pii_generate import Sample
from guardrails.pii.head import REACH, Head
from guardrails.pii.shape import WIDTH, Matrix, shapes
from guardrails.pii.tagger import Reading

KINDS = [
    "PERSON",
    "ADDRESS",
    "LOCATION",
    "ZIP",
    "ORGANIZATION",
    "BIRTHDATE",
    "DATE",
    "PHONE",
    "EMAIL",
    "CARD",
    "IBAN",
    "IP",
    "NATIONAL_ID",
    "PARTIAL_ID",
    "ACCOUNT",
    "SECRET",
]
LABELS = ("O", *(f"{part}-{kind}" for kind in KINDS for part in "BI"))
_NUMBER = {label: number for number, label in enumerate(LABELS)}
_HIDDEN, _BATCH, _RATE = 192, 64, 2e-3
_IGNORED = -100
#: Share of tokens that are hidden, so that what stands around them has to tell.
_HIDDEN_WORDS = 0.08
_MEMORY = 0.99


@dataclass(frozen=True)
class Example:
    """One read message: half-precision states, shapes, label numbers per token."""

    states: NDArray[np.float16]
    shape: Matrix
    labels: NDArray[np.int64]


def read_all(
    samples: Sequence[Sample], read: Callable[[str], Reading], progress: Callable[[str], None]
) -> list[Example]:
    """Read every message with the encoder; about 3 ms each."""
    examples = []
    for number, sample in enumerate(samples):
        if number % 1000 == 0:
            progress(f"Reading message {number} of {len(samples)}")
        reading = read(sample.text)
        states = np.concatenate(reading.layers, axis=1).astype(np.float16)
        examples.append(Example(states, shapes(sample.text, reading.offsets), _labels(sample, reading)))
    return examples


def train_head(examples: Sequence[Example], *, epochs: int, seed: int, progress: Callable[[str], None]) -> Head:
    """Fit a head and return it in numpy; the same seed on the same machine gives the same head."""
    torch.manual_seed(seed)
    rng = random.Random(seed)
    net = _Net()
    optimizer = torch.optim.AdamW(net.parameters(), _RATE, weight_decay=0.01)
    # The mean of the last few hundred steps generalizes better than the last one, and costs nothing to serve.
    average = AveragedModel(net, multi_avg_fn=get_ema_multi_avg_fn(_MEMORY))  # type: ignore[no-untyped-call]
    steps = epochs * (len(examples) // _BATCH + 2)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, _RATE, total_steps=steps)
    for epoch in range(epochs):
        start, losses = time.monotonic(), []
        for states, shape, labels in _batches(examples, rng):
            hide_words(states, labels, torch.rand(labels.shape))
            loss = nn.functional.cross_entropy(
                net(states, shape).flatten(0, 1), labels.flatten(), ignore_index=_IGNORED
            )
            optimizer.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            optimizer.step()
            schedule.step()
            average.update_parameters(net)
            losses.append(loss.item())
        progress(f"Epoch {epoch + 1} of {epochs}: loss {np.mean(losses):.4f}, {time.monotonic() - start:.0f} s")
    net.load_state_dict(average.module.state_dict())
    return net.head()


def hide_words(states: torch.Tensor, labels: torch.Tensor, draws: torch.Tensor) -> None:
    """Put noise in place of some tokens' states, whatever their label; how the word is written stays."""
    hidden = (labels != _IGNORED) & (draws < _HIDDEN_WORDS)
    states[hidden] = torch.randn_like(states[hidden])


def _labels(sample: Sample, reading: Reading) -> NDArray[np.int64]:
    labels = np.full(len(reading.offsets), _IGNORED, np.int64)
    for number, (start, end) in enumerate(reading.offsets):
        if end <= start:
            continue
        labels[number] = 0
        for first, last, label in sample.spans:
            if first <= start < last:
                labels[number] = _NUMBER[f"{'B' if start == first else 'I'}-{label}"]
    return labels


def _batches(
    examples: Sequence[Example], rng: random.Random
) -> Iterator[tuple[torch.Tensor, torch.Tensor, torch.Tensor]]:
    # Neighbours in length share a batch, so that little of it is padding; the order of batches is drawn anew.
    order = sorted(range(len(examples)), key=lambda number: (len(examples[number].labels), rng.random()))
    batches = [order[place : place + _BATCH] for place in range(0, len(order), _BATCH)]
    rng.shuffle(batches)
    for batch in batches:
        longest = max(len(examples[number].labels) for number in batch)
        states = np.zeros((len(batch), longest, examples[0].states.shape[1]), np.float32)
        shape = np.zeros((len(batch), longest, WIDTH), np.float32)
        labels = np.full((len(batch), longest), _IGNORED, np.int64)
        for row, number in enumerate(batch):
            one = examples[number]
            tokens = len(one.labels)
            states[row, :tokens], shape[row, :tokens], labels[row, :tokens] = one.states, one.shape, one.labels
        yield torch.from_numpy(states), torch.from_numpy(shape), torch.from_numpy(labels)


class _Net(nn.Module):
    """The head as torch trains it; `guardrails.pii.head` computes the same."""

    def __init__(self) -> None:
        super().__init__()
        self.normal = nn.LayerNorm(3 * 384)
        self.enter = nn.Linear(3 * 384 + WIDTH, _HIDDEN)
        self.first = nn.Conv1d(_HIDDEN, _HIDDEN, 2 * REACH + 1, padding=REACH)
        self.second = nn.Conv1d(_HIDDEN, _HIDDEN, 2 * REACH + 1, padding=REACH)
        self.out = nn.Linear(_HIDDEN, len(LABELS))
        self.drop = nn.Dropout(0.2)

    def forward(self, states: torch.Tensor, shape: torch.Tensor) -> torch.Tensor:
        real = (states.abs().sum(-1, keepdim=True) > 0).float()
        x = torch.cat([self.drop(self.normal(states)), shape], -1)
        # Padding is zero at every layer, as the tokens before the first and after the last one are in numpy.
        x = self.drop(torch.relu(self.enter(x))) * real
        for layer in (self.first, self.second):
            x = (torch.relu(layer(x.transpose(1, 2)).transpose(1, 2)) + x) * real
        scores: torch.Tensor = self.out(self.drop(x))
        return scores

    def head(self) -> Head:
        """Return the weights in numpy, the normalization's scale folded into the first matrix."""
        with torch.no_grad():
            enter, shape = self.enter.weight[:, : 3 * 384].T, self.enter.weight[:, 3 * 384 :].T
            weights: dict[str, Any] = {
                "states": self.normal.weight[:, None] * enter,
                "shape": shape,
                "bias": self.enter.bias + self.normal.bias @ enter,
                "first": self.first.weight.permute(2, 1, 0),
                "first_bias": self.first.bias,
                "second": self.second.weight.permute(2, 1, 0),
                "second_bias": self.second.bias,
                "out": self.out.weight.T,
                "out_bias": self.out.bias,
            }
            return Head(LABELS, {name: np.ascontiguousarray(weight.numpy()) for name, weight in weights.items()})
