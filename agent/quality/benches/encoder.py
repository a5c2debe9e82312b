"""The one MiniLM pass, beside sentence-transformers' own encode of the same message."""

from collections.abc import Sequence
from pathlib import Path

from agent.quality.bench import Figure, timed
from kb.encoder import Encoder, build_encoder, reference_encode

MESSAGE = (
    "Hello, I ordered the blue stoneware mug and two linen towels last week and the mug came smashed in the box, "
    "so I would like my money back for it please, the order number is 1043 I think, thanks"
)


def bench(home: Path) -> Sequence[Figure]:
    """Time one pass over a message of about 200 characters, warm, one thread."""
    build_encoder(home / "encoder", lambda _: None)
    encoder, reference = Encoder(home / "encoder"), reference_encode()
    how = f"{len(MESSAGE)} characters, warm, one thread"
    ours = timed("encoder pass", lambda: encoder.read.__wrapped__(MESSAGE), rounds=200, how=how)
    theirs = timed("sentence-transformers encode", lambda: reference(MESSAGE), rounds=100, how=how)
    return [*ours, *theirs, Figure(name="ratio of the p50s", value=round(theirs[0].value / ours[0].value, 2), unit="x")]
