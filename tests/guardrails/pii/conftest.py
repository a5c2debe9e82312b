"""The full redactor of text that is kept: patterns, tag head and the shared encoder pass."""

import pytest

from guardrails.pii.redact import Redactor
from guardrails.pii.tagger import Tagger
from kb.encoder import Encoder


@pytest.fixture(scope="session")
def full(redactor: Redactor, encoder: Encoder) -> Redactor:
    return redactor.tagged(Tagger(encoder.read))
