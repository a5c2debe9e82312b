"""presidio-research's own evaluator over what `firstcontact redact --jsonl` printed.

It wants pins of its own, so it lives in a virtual environment of its own, and needs nothing of ours:

    python -m venv /tmp/evaluator && /tmp/evaluator/bin/pip install presidio-evaluator
    firstcontact redact --jsonl < rows.jsonl | /tmp/evaluator/bin/python tests/evals/presidio_research.py rows.jsonl

Rows are {"text", "spans": [{"start", "end", "type"}]}. Printed: precision, recall and F2 over all personal values at an
IoU of 0.9, once for the types that redaction promises and once for every type that is labelled.
"""

import json
import sys
from pathlib import Path
from typing import Any

import pandas as pd
import spacy
from presidio_evaluator.evaluation import SpanEvaluator
from presidio_evaluator.span_to_tag import span_to_tag

#: Labelled there, and not promised here: a company, a date, an age alone name nobody.
LEFT_OUT = {"ORGANIZATION", "DATE_TIME", "AGE", "TITLE", "NRP", "URL"}
IOU = 0.9


def frame(rows: list[dict[str, Any]], found: list[dict[str, Any]], left_out: set[str]) -> pd.DataFrame:
    """Return one row per token: what is labelled, and what was found."""
    blank, table = spacy.blank("en"), []
    for number, (row, answer) in enumerate(zip(rows, found, strict=True)):
        tokens = blank(row["text"])
        gold = _tags([span for span in row["spans"] if span["type"] not in left_out], tokens, row["text"])
        guess = _tags(answer["spans"], tokens, row["text"])
        for token, annotation, prediction in zip(tokens, gold, guess, strict=True):
            table.append((number, str(token), annotation, prediction, token.idx))
    return pd.DataFrame(table, columns=["sentence_id", "token", "annotation", "prediction", "start_indices"])


def _tags(spans: list[dict[str, Any]], tokens: Any, text: str) -> list[str]:
    starts, ends = [span["start"] for span in spans], [span["end"] for span in spans]
    tags: list[str] = span_to_tag("IO", text, starts, ends, ["PII"] * len(spans), tokens=tokens)
    return tags


def main() -> None:
    """Print both scores."""
    rows = [json.loads(line) for line in Path(sys.argv[1]).read_text("utf-8").splitlines()]
    found = [json.loads(line) for line in sys.stdin]
    for name, left_out in (("promised types", LEFT_OUT), ("all labelled types", set[str]())):
        scored = SpanEvaluator(iou_threshold=IOU).calculate_score_on_df(frame(rows, found, left_out), level="pii")
        figures = {"recall": scored.pii_recall, "precision": scored.pii_precision, "f2": scored.pii_f}
        sys.stdout.write(json.dumps({"scored": name, "rows": len(rows), **figures}) + "\n")


if __name__ == "__main__":
    main()
