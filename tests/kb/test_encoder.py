"""The small graph means what the original means."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from kb.encoder import DIMENSIONS, GRAPH, PACKAGE, Encoder, build_encoder
from kb.errors import EncoderMissingError

TEXTS = [
    "Where is my order?",
    "the mug from my last order came smashed :(",
    "can i get a refund",
    "How do I look after cedar furniture in winter, and can it stay outside?",
    "do you accept amex",
    "I ordered two lamps and a rug last week; one lamp has not come, and the rug is the wrong color. What now?",
]
ORIGINAL = f"""
import importlib.util, sys
from pathlib import Path
import numpy as np
from sentence_transformers import SentenceTransformer
folder = Path(importlib.util.find_spec("{PACKAGE}").origin).parent / "model"
np.save(sys.argv[1], SentenceTransformer(str(folder), device="cpu").encode({TEXTS!r}))
"""


def test_vectors_are_those_of_the_original(encoder: Encoder, tmp_path: Path) -> None:
    """Eight bits a weight cost less than a hundredth of the direction."""
    # In a process of its own: loading the original warns, and torch would stay in this one.
    subprocess.run([sys.executable, "-c", ORIGINAL, tmp_path / "original.npy"], check=True, capture_output=True)
    cosines = (encoder.encode(TEXTS) * np.load(tmp_path / "original.npy")).sum(axis=1)
    assert cosines.mean() >= 0.99
    assert cosines.min() >= 0.98


def test_vectors_have_length_one_and_tell_texts_apart(encoder: Encoder) -> None:
    """Each text has its own direction, whatever it is encoded together with."""
    vectors = encoder.encode(TEXTS)
    assert vectors.shape == (len(TEXTS), DIMENSIONS)
    assert vectors.dtype == np.float32
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    assert (vectors @ vectors.T)[~np.eye(len(TEXTS), dtype=bool)].max() < 0.8
    assert np.array_equal(vectors[2], encoder.encode([TEXTS[2]])[0])


@pytest.mark.parametrize("text", ["", " ", "🙂" * 40, "word " * 5000])
def test_any_text_can_be_encoded(encoder: Encoder, text: str) -> None:
    """Nothing a customer can send is too short, too strange or too long."""
    assert np.isfinite(encoder.encode([text])).all()


def test_a_reading_says_where_each_token_stands(encoder: Encoder) -> None:
    """The token states can be laid back onto the text."""
    reading = encoder.read("Hello Maya")
    assert ["Hello Maya"[start:end] for start, end in reading.offsets[1:3]] == ["Hello", "Maya"]
    assert {layer.shape for layer in reading.layers} == {(len(reading.offsets), DIMENSIONS)}


def test_an_encoder_that_was_not_built_says_so(tmp_path: Path) -> None:
    """The error names what to do."""
    with pytest.raises(EncoderMissingError, match="build the encoder"):
        Encoder(tmp_path).encode(["hello"])


def test_a_built_encoder_is_kept(encoder_folder: Path) -> None:
    """The export runs once, not at every start."""
    said: list[str] = []
    before = (encoder_folder / GRAPH).stat().st_mtime_ns
    build_encoder(encoder_folder, said.append)
    assert said == []
    assert (encoder_folder / GRAPH).stat().st_mtime_ns == before


def test_encoding_needs_no_torch(encoder_folder: Path) -> None:
    """A process that serves customers never loads the training library."""
    code = (
        "import sys; from pathlib import Path; from kb.encoder import Encoder; "
        "Encoder(Path(sys.argv[1])).encode(['hi']); sys.exit('torch' in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code, encoder_folder], check=True, cwd=Path(__file__).parents[2])
