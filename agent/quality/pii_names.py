"""Names of people as the world writes them: many regions, nicknames, names that are words, and names nobody has."""

import random
from functools import cached_property
from pathlib import Path

from faker import Faker

FOLDER = Path(__file__).parent / "pii_text"
LOCALES = [
    "en_US",
    "en_GB",
    "en_IN",
    "en_CA",
    "en_AU",
    "en_NZ",
    "en_IE",
    "es_ES",
    "es_MX",
    "es_CO",
    "es_AR",
    "es_CL",
    "de_DE",
    "de_AT",
    "de_CH",
    "fr_FR",
    "fr_CA",
    "it_IT",
    "pl_PL",
    "pt_BR",
    "pt_PT",
    "nl_NL",
    "nl_BE",
    "sv_SE",
    "da_DK",
    "no_NO",
    "fi_FI",
    "tr_TR",
    "cs_CZ",
    "sk_SK",
    "hu_HU",
    "ro_RO",
    "hr_HR",
    "sl_SI",
    "lt_LT",
    "lv_LV",
    "et_EE",
    "vi_VN",
    "id_ID",
    "en_PK",
    "az_AZ",
]
_HOME = ("en_US", "en_GB", "en_IN", "en_CA", "en_AU")
_HEADS = "b ch d g h j k l m n p r s sh t th v y z kr pr sr tr dh bh ".split(" ")
_VOWELS = "a a a e i i o u aa ee ai ia ee".split()
_TAILS = "n m r l sh th y k nd nth p j v ya na ra vi ni la ".split(" ")
_MIDDLE = "ABCDEFGHJKLMNPRSTW"


def lines(name: str) -> list[str]:
    """Return the lines of a word file, comments left out."""
    text = (FOLDER / f"{name}.txt").read_text("utf-8")
    return [line for line in text.splitlines() if line and not line.startswith("#")]


class Names:
    """Draws names; the same seed draws the same ones."""

    def __init__(self, rng: random.Random) -> None:
        self._rng = rng
        self.fakers = {locale: Faker(locale) for locale in LOCALES}
        for number, faker in enumerate(self.fakers.values()):
            faker.seed_instance(rng.randrange(10**6) + number)
        rows = [line.split() for line in lines("names")]
        self._given = [word for row in rows if row[0] == "given" for word in row[1:]]
        self._family = [word for row in rows if row[0] == "family" for word in row[1:]]
        self._words = " ".join(lines("word_names")).split()

    def faker(self) -> Faker:
        """Return one region's faker, English ones more often."""
        return self.fakers[self._rng.choice(_HOME if self._rng.random() < 0.4 else LOCALES)]

    def first(self) -> str:
        """Return a given name."""
        roll = self._rng.random()
        if roll < 0.1:
            return self._rng.choice(self._words)
        if roll < 0.22:
            return self.invented()
        if roll < 0.45:
            return self._rng.choice(self._given).capitalize()
        return str(self.faker().first_name())

    def last(self) -> str:
        """Return a family name."""
        roll = self._rng.random()
        if roll < 0.12:
            return self._rng.choice(self._words)
        if roll < 0.27:
            return self.invented()
        if roll < 0.42:
            return self._rng.choice(self._family).title()
        return str(self.faker().last_name())

    def full(self) -> str:
        """Return a whole name, in one of the orders and lengths in use."""
        one, two, roll = self.first(), self.last(), self._rng.random()
        if roll < 0.68:
            return f"{one} {two}"
        if roll < 0.75:
            return f"{one} {self._rng.choice(_MIDDLE)}{self._rng.choice(['.', ''])} {two}"
        if roll < 0.80:
            return f"{one} {self.first()} {two}"
        if roll < 0.85:
            return f"{two}, {one}"
        if roll < 0.89:
            return f"{one} {two}-{self.last()}"
        if roll < 0.93:
            return f"{one} {self._rng.choice(_MIDDLE)}"
        return f"{one[0]}. {two}" if roll < 0.97 else f"{one} {self.last()} {two}"

    def titled(self) -> str:
        """Return a name with what people put before or after it."""
        roll = self._rng.random()
        if roll < 0.4:
            kin = self._rng.choice("aunt uncle cousin grandma grandpa auntie Aunt Uncle Grandma".split())
            return f"{kin} {self.first()}"
        if roll < 0.75:
            return f"{self._rng.choice('Mr. Mrs. Ms. Dr. Prof. Mr Mrs Ms Dr Miss Sir Rev.'.split())} {self.name()}"
        degree = self._rng.choice("MD DDS PhD Jr. Sr. III DVM LMFT Ms".split())
        return f"{self.full()}{self._rng.choice([' ', ', '])}{degree}"

    def addressed(self) -> str:
        """Return a family name as letters address it; the title is part of it."""
        title = self._rng.choice("Mr. Mrs. Ms. Dr. Mr Mrs Ms Dr Miss Prof. Sir Madam".split())
        return f"{title} {self.last() if self._rng.random() < 0.8 else self.full()}"

    def initials(self) -> str:
        """Return two or three initials."""
        gap = self._rng.choice([". ", ".", ""])
        return gap.join(self._rng.choice(_MIDDLE) for _ in range(self._rng.choice([2, 2, 3]))) + gap.rstrip()

    def roster(self) -> str:
        """Return a name as directories list it: family name first, or with a title or degree."""
        one, two, initial = self.first(), self.last(), self._rng.choice(_MIDDLE)
        shapes = (f"{two} {one}", f"{two} {one} {initial}", f"{one} {initial}. {two}", f"{one} {two}", f"{two}, {one}")
        return self._rng.choice(shapes)

    def name(self) -> str:
        """Return a whole name or a part of one."""
        roll = self._rng.random()
        return self.full() if roll < 0.5 else self.first() if roll < 0.85 else self.last()

    def invented(self) -> str:
        """Return what sounds like a name and is on no list, so that context has to tell."""
        if self._rng.random() < 0.35:
            made = "".join(
                self._rng.choice(_HEADS) + self._rng.choice(_VOWELS) for _ in range(self._rng.choice([1, 2, 2, 3]))
            )
            return (made + self._rng.choice(_TAILS)).capitalize()
        heads, tails = self._parts
        return (self._rng.choice(heads) + self._rng.choice(tails).lower()).capitalize()

    @cached_property
    def _parts(self) -> tuple[list[str], list[str]]:
        pool = [*self._given, *self._family]
        for locale in ("en_US", "en_IN", "pl_PL", "es_ES", "tr_TR", "fi_FI"):
            pool += [str(self.fakers[locale].last_name()) for _ in range(120)]
        whole = [word for word in pool if len(word) > 3 and word.isalpha()]
        return [word[: max(2, len(word) // 2)] for word in whole], [word[len(word) // 2 :] for word in whole]
