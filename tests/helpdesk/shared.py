"""Material beside the checkout that the product does not need: a test that wants it skips elsewhere."""

from pathlib import Path

import pytest

_ROOT = Path(__file__).parents[2]


def shared(path: str) -> Path:
    """Return a file of `../shared`, or skip the test."""
    for folder in (_ROOT.parent, _ROOT.parents[1]):
        if (found := folder / "shared" / path).exists():
            return found
    pytest.skip(f"../shared/{path} is not beside this checkout")
