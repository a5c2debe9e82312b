"""A passage and its study as plain columns, the same in every store."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from kb.article import ArticleKind
from kb.encoder import DIMENSIONS, Vector
from kb.passage import Passage
from kb.study import Study

PLAIN = ("article", "title", "text", "heading", "effective", "until", "reviewed", "url")
LISTS = ("channels", "regions", "plans")
BYTES = ("chunks", "sentences", "tokens")


def columns(key: str, passage: Passage, study: Study) -> dict[str, Any]:
    """Return everything but the two vectors, which each store keeps in its own way."""
    plain = {name: getattr(passage, name) for name in PLAIN}
    lists = {name: _written(getattr(passage, name)) for name in LISTS}
    parts = {name: getattr(study, name).tobytes() for name in BYTES}
    return {"key": key, "kind": passage.kind.value, "stems": " ".join(study.stems), **plain, **lists, **parts}


def passage_of(row: Mapping[str, Any]) -> Passage:
    """Return the passage of a row."""
    known: dict[str, Any] = {name: row[name] for name in PLAIN} | {name: tuple(row[name].split()) for name in LISTS}
    return Passage(kind=ArticleKind(row["kind"]), **known)


def study_of(row: Mapping[str, Any], vector: Vector, question: Vector) -> Study:
    """Return the study of a row and its two vectors."""
    parts: dict[str, Any] = {name: np.frombuffer(row[name], np.int8).reshape(-1, DIMENSIONS) for name in BYTES}
    return Study(vector=vector, question=question, stems=tuple(row["stems"].split()), **parts)


def _written(names: Sequence[str]) -> str:
    # Blanks at both ends, so that a store finds a whole name by ' name '.
    return f" {' '.join(names)} " if names else ""
