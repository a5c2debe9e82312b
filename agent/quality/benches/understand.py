"""The whole of understanding, beside sentence-transformers' own encode of the same message."""

from collections.abc import Sequence
from itertools import count
from pathlib import Path

from agent.conversation import Conversation
from agent.quality.bench import Figure, timed
from agent.quality.benches.encoder import MESSAGE
from agent.understand.embedded import EmbeddedUnderstand
from kb.encoder import Encoder, build_encoder, reference_encode

SHORT = "where is my order 1051?"


def bench(home: Path) -> Sequence[Figure]:
    """Time a long message and a short one, warm, one thread; no message is read from a cache."""
    build_encoder(home / "encoder", lambda _: None)
    understanding = EmbeddedUnderstand(Encoder(home / "encoder"), home / "heads")
    understanding.prepare()
    state, turn = Conversation(id="bench"), count(1000)
    reference = reference_encode()
    found = []
    for name, words in (("understand", MESSAGE), ("understand, short", SHORT)):
        # Another order number each time: the encoder would remember a text it has read.
        once = lambda words=words: understanding.understand(state, words.replace("10", str(next(turn)), 1))  # noqa: E731
        found += timed(name, once, rounds=200, how=f"{len(words)} characters, warm, one thread")
    theirs = timed(
        "sentence-transformers encode", lambda: reference(MESSAGE), rounds=100, how=f"{len(MESSAGE)} characters"
    )
    return [
        *found,
        *theirs,
        Figure(name="ratio of the p50s", value=round(theirs[0].value / found[0].value, 2), unit="x"),
    ]
