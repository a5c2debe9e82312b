"""The labelled data that lies beside a checkout, where there is some."""

from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of labelled messages, beside the checkout or one level further up."""
    for folder in (ROOT.parent, ROOT.parent.parent):
        if (folder / "shared" / "data" / "intents_dev.jsonl").exists():
            return folder / "shared" / "data"
    pytest.skip("the labelled development data is not beside this checkout")
