"""How well meanings are told apart: accuracy, macro-F1, confusions by source, and what is out of scope."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from agent.quality.labelled import Labelled
from agent.understand.head import OUT_OF_SCOPE

#: Sources of clean, single requests, as the targets name them.
CLEAN = ("bitext", "clinc150", "banking77", "dstc11")
#: The share of ordinary messages that may be taken for out of scope when its recall is told.
FALSE_ALARMS = 0.05


@dataclass(frozen=True, kw_only=True)
class Answered:
    """One labelled message and what the head took it for."""

    row: Labelled
    intent: str
    confidence: float
    out_of_scope: float

    @property
    def right(self) -> bool:
        """Answer whether the label was found."""
        return self.row.label == self.intent


def figures(answered: Sequence[Answered]) -> dict[str, Any]:
    """Return every figure over the labelled messages; those out of scope are told apart."""
    labelled = [one for one in answered if one.row.label is not None]
    known = [one for one in labelled if one.row.label != OUT_OF_SCOPE]
    clean = [one for one in known if one.row.source.startswith(CLEAN)]
    found: dict[str, Any] = {
        "rows": len(labelled),
        "in_scope": len(known),
        "accuracy": _accuracy(known),
        "accuracy_with_out_of_scope": _accuracy(labelled),
        "macro_f1": _macro_f1(labelled),
        "clean": _accuracy(clean),
        "best_overall": _best_overall(labelled),
        "by_source": {name: _accuracy(rows) for name, rows in sorted(_by_source(known).items())},
        "confusions": _confusions(labelled),
    }
    foreign = [one for one in labelled if one.row.label == OUT_OF_SCOPE]
    return found | (_out_of_scope(known, foreign) if foreign and known else {})


def _accuracy(rows: Sequence[Answered]) -> float | None:
    return round(sum(one.right for one in rows) / len(rows), 4) if rows else None


def _by_source(rows: Sequence[Answered]) -> dict[str, list[Answered]]:
    found: dict[str, list[Answered]] = {}
    for one in rows:
        found.setdefault(one.row.source or one.row.bot or "all", []).append(one)
    return found


def _macro_f1(rows: Sequence[Answered]) -> float | None:
    """Return the mean F1 over the labels that occur; each counts the same."""
    true, said, both = Counter[str](), Counter[str](), Counter[str]()
    for one in rows:
        label = str(one.row.label)
        true[label] += 1
        said[one.intent] += 1
        both[label] += one.right
    scores = [2 * both[label] / (true[label] + said[label]) for label in true]
    return round(sum(scores) / len(scores), 4) if scores else None


def _best_overall(rows: Sequence[Answered]) -> float | None:
    """Return the best accuracy that one threshold on the confidence gives, what lies below it being out of scope."""
    if not rows:
        return None
    order = np.argsort([one.confidence for one in rows], kind="stable")
    right = np.array([rows[place].right and rows[place].intent != OUT_OF_SCOPE for place in order])
    foreign = np.array([rows[place].row.label == OUT_OF_SCOPE for place in order])
    told = np.array([rows[place].intent == OUT_OF_SCOPE for place in order]) & foreign
    kept = np.concatenate([np.cumsum((right | told)[::-1])[::-1], [0]])
    dropped = np.concatenate([[0], np.cumsum(foreign)])
    return round(float((kept + dropped).max()) / len(rows), 4)


def _out_of_scope(known: Sequence[Answered], foreign: Sequence[Answered]) -> dict[str, float]:
    inside = np.array([one.out_of_scope for one in known])
    outside = np.array([one.out_of_scope for one in foreign])
    threshold = np.quantile(inside, 1 - FALSE_ALARMS)
    ranks = np.searchsorted(np.sort(inside), outside, side="left") + np.searchsorted(np.sort(inside), outside, "right")
    found = {
        "out_of_scope_rows": len(foreign),
        "out_of_scope_recall": round(float((outside > threshold).mean()), 4),
        "out_of_scope_auroc": round(float(ranks.mean() / 2 / len(inside)), 4),
    }
    clinc = [one.out_of_scope for one in foreign if one.row.source.startswith("clinc")]
    return found | (
        {"out_of_scope_recall_clinc": round(float((np.array(clinc) > threshold).mean()), 4)} if clinc else {}
    )


def _confusions(rows: Sequence[Answered]) -> list[dict[str, Any]]:
    counts = Counter((one.row.source, str(one.row.label), one.intent) for one in rows if not one.right)
    return [
        {"source": source, "label": label, "taken_for": taken, "rows": count}
        for (source, label, taken), count in counts.most_common()
    ]
