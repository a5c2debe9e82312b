"""Redaction of a message, tag head and encoder pass included, beside plain Presidio; and where time goes."""

from collections.abc import Sequence
from itertools import count
from pathlib import Path

import numpy as np

from agent.quality.bench import Figure, timed
from guardrails.pii.engine import Engine
from guardrails.pii.head import load_head
from guardrails.pii.recognizers import plain_analyzer
from guardrails.pii.redact import Redactor
from guardrails.pii.shape import shapes
from guardrails.pii.tagger import Tagger
from kb.encoder import Encoder, build_encoder

MESSAGE = (
    "hi, this is Odile Marchetti, my parcel went to 88 Tinker Row in Leeds but i moved last month, please call me on "
    "+44 20 7946 0018 or write to odile.m@example.org, the order number is 1043 i think, thank you"
)


def bench(home: Path) -> Sequence[Figure]:
    """Time whole redactions and their parts, warm, one thread; every round has a text that no cache knows."""
    build_encoder(home / "encoder", lambda _: None)
    read = Encoder(home / "encoder").read.__wrapped__
    engine, tagger, plain = Engine(), Tagger(read), plain_analyzer()
    redactor, numbers = Redactor(engine=engine).tagged(tagger), count(1000)
    redactor.load()
    reading, head = read(MESSAGE), load_head()
    states, shape = np.concatenate(reading.layers, axis=1), shapes(MESSAGE, reading.offsets)
    spans = redactor.redact(MESSAGE).spans

    def fresh() -> str:
        return MESSAGE.replace("1043", str(next(numbers)))

    how = f"{len(MESSAGE)} characters, {len(spans)} values, warm, one thread"
    ours = timed("redact", lambda: redactor.redact(fresh()), rounds=200, how=how)
    theirs = timed("plain Presidio, no model", lambda: plain.analyze(fresh(), "en"), rounds=100, how="analyze alone")
    parts = [
        timed("of it: encoder pass", lambda: read(fresh()), rounds=200, how="also intent's and search's"),
        timed("of it: shapes", lambda: shapes(MESSAGE, reading.offsets), rounds=200),
        timed("of it: tag head", lambda: head(states, shape), rounds=200),
        timed("of it: Presidio with our patterns", lambda: engine.find(fresh(), None), rounds=200),
        timed("of it: placeholders", lambda: engine.mask(MESSAGE, spans), rounds=200),
    ]
    again = timed("the same text again", lambda: redactor.redact(MESSAGE), rounds=200)
    return [*ours, *theirs, *(part[0] for part in parts), again[0]]
