"""Which option words name."""

import pytest

from agent.flow import Option
from agent.understand.match import match_option

MUGS = (
    Option("1", "Stoneware mug, blue · $18.00", names=("Stoneware mug, blue",), price=1800),
    Option("2", "Stoneware mug, grey · $18.00", names=("Stoneware mug, grey",), price=1800),
    Option("3", "Teapot, moss · $56.00", names=("Teapot, moss",), price=5600),
    Option("all", "The whole order · $92.00", everything=True),
)
SHIRTS = (
    Option("s", "Pullover, red, small", names=("Pullover",), attributes=("red", "small")),
    Option("m", "Pullover, red, medium", names=("Pullover",), attributes=("red", "medium")),
    Option("l", "Pullover, blue, large", names=("Pullover",), attributes=("blue", "large")),
    Option("xl", "Pullover, red, extra large", names=("Pullover",), attributes=("red", "extra large")),
)
PANS = (
    Option("8", "Cast iron skillet, 8 inch", names=("Cast iron skillet, 8 inch",), price=2900),
    Option("10", "Cast iron skillet, 10 inch", names=("Cast iron skillet, 10 inch",), price=3900),
    Option("12", "Cast iron skillet, 12 inch", names=("Cast iron skillet, 12 inch",), price=4900),
)


@pytest.mark.parametrize(
    ("words", "options", "value"),
    [
        ("the grey one please", MUGS, "2"),
        ("the gery mug", MUGS, "2"),
        ("the teapott", MUGS, "3"),
        ("the mug", MUGS, None),
        ("not the blue mug, the grey mug", MUGS, "2"),
        ("not the teapot but the blue mug", MUGS, "1"),
        ("the cheapest", MUGS, None),
        ("the most expensive one", MUGS, "3"),
        ("all of it", MUGS, "all"),
        ("both", MUGS, None),
        ("third", MUGS, "3"),
        ("2", MUGS, "2"),
        ("9", MUGS, None),
        ("the last one", MUGS, "3"),
        ("the biggest", PANS, "12"),
        ("the smallest skillet", PANS, "8"),
        ("the cheapest skillet", PANS, "8"),
        ("the 10 inch one", PANS, "10"),
        ("large", SHIRTS, "l"),
        ("extra large", SHIRTS, "xl"),
        ("the blue one", SHIRTS, "l"),
        ("my dog ate it", SHIRTS, None),
        ("it came late", (Option("1", "Plate", names=("Plate",)), Option("2", "Bowl", names=("Bowl",))), None),
    ],
)
def test_words_name_one_option_or_none(words: str, options: tuple[Option, ...], value: str | None) -> None:
    """By name, likeness, place, comparison and exclusion; what fits two is no answer."""
    assert match_option(words, options, by_place=True, by_age=False) == value


@pytest.mark.parametrize(
    ("words", "current", "value"),
    [
        ("the same but larger", "m", "xl"),
        ("same one but bigger, else keep it", "xl", "xl"),
        ("a larger one", "m", "l"),
        ("the same but smaller", "s", None),
        ("the next size up", "s", "m"),
    ],
)
def test_the_same_but_larger_is_the_next_one_up(words: str, current: str, value: str | None) -> None:
    """From what the customer has: the next of its kind, or what was said to be the way out."""
    assert match_option(words, SHIRTS, by_place=False, by_age=False, current=current) == value


def test_the_last_order_is_the_newest() -> None:
    """Orders are shown newest first: "my last order" is the first of them."""
    assert match_option("my last order", PANS, by_place=True, by_age=True) == "8"
