"""The Presidio engine: patterns only, no model, no network. Only `redact` imports it, on loading: it takes seconds."""

import re
from collections.abc import Iterable
from typing import Any

import spacy
from presidio_analyzer import (
    AnalyzerEngine,
    LocalRecognizer,
    Pattern,
    PatternRecognizer,
    RecognizerRegistry,
    RecognizerResult,
)
from presidio_analyzer.context_aware_enhancers import LemmaContextAwareEnhancer
from presidio_analyzer.nlp_engine import SpacyNlpEngine
from presidio_analyzer.predefined_recognizers import (
    CryptoRecognizer,
    EmailRecognizer,
    IbanRecognizer,
    IpRecognizer,
    PhoneRecognizer,
    UkNinoRecognizer,
    UsBankRecognizer,
    UsItinRecognizer,
    UsLicenseRecognizer,
    UsPassportRecognizer,
    UsSsnRecognizer,
)
from spacy.language import Language
from spacy.tokens import Doc

from guardrails.pii.engine import LEAST_SCORE, Tagging
from guardrails.pii.patterns import PATTERNS
from guardrails.pii.span import Kind

_LEAST_PHONE_DIGITS = 7
_LOWER_LEMMA = "firstcontact_lower_lemma"
_TAGS = "tag head"


@Language.component(_LOWER_LEMMA)  # type: ignore[untyped-decorator]
def _lower_lemma(doc: Doc) -> Doc:
    # Presidio finds context words by lemma; without a model the lower-case word has to do.
    for token in doc:
        token.lemma_ = token.lower_
    return doc


class _BlankEngine(SpacyNlpEngine):  # type: ignore[misc]
    """A tokenizer, no model: the default engine would want to download one."""

    engine_name = "blank"

    def __init__(self) -> None:
        super().__init__(models=[{"lang_code": "en", "model_name": "blank"}])
        blank = spacy.blank("en")
        blank.add_pipe(_LOWER_LEMMA)
        self.nlp = {"en": blank}

    def load(self) -> None:
        """Do nothing: the blank pipeline is complete."""


class _Email(EmailRecognizer):  # type: ignore[misc]
    def validate_result(self, pattern_text: str) -> bool:
        """Take every match: the suffix list is a download, and internal and reserved domains are personal too."""
        return True


class _Phone(PhoneRecognizer):  # type: ignore[misc]
    def analyze(self, text: str, entities: list[str], nlp_artifacts: Any = None) -> list[Any]:
        """Skip the costly search in texts that hold too few digits for a phone."""
        if sum(character.isdigit() for character in text) < _LEAST_PHONE_DIGITS:
            return []
        return list(super().analyze(text, entities, nlp_artifacts))


class _LuhnCard(PatternRecognizer):  # type: ignore[misc]
    def validate_result(self, pattern_text: str) -> bool:
        """Tell a card from any other long number by its check digit."""
        digits = [int(digit) for digit in reversed(re.sub(r"\D", "", pattern_text))]
        return sum(digits[::2]) % 10 == -sum(sum(divmod(2 * digit, 10)) for digit in digits[1::2]) % 10


class _Enhancer(LemmaContextAwareEnhancer):  # type: ignore[misc]
    def enhance_using_context(
        self, text: str, raw_results: list[Any], nlp_artifacts: Any, recognizers: list[Any], context: Any = None
    ) -> list[Any]:
        """Look for context words only where a recognizer has some: each result looked at is copied deeply."""
        worded = {one.id for one in recognizers if one.context}
        key = RecognizerResult.RECOGNIZER_IDENTIFIER_KEY
        rest = [one for one in raw_results if one.recognition_metadata[key] in worded]
        plain = [one for one in raw_results if one.recognition_metadata[key] not in worded]
        if not rest:
            return plain
        return plain + list(super().enhance_using_context(text, rest, nlp_artifacts, recognizers, context))


class TagRecognizer(LocalRecognizer):  # type: ignore[misc]
    """What a model guesses, as one more recognizer; scored below every pattern, which would know better."""

    def __init__(self, tagger: Tagging) -> None:
        self._tagger = tagger
        super().__init__(supported_entities=[kind.value for kind in Kind], name=_TAGS)

    def load(self) -> None:
        """Do nothing: the model is given."""

    def analyze(self, text: str, entities: list[str], nlp_artifacts: Any = None) -> list[Any]:
        """Return every tag as a result."""
        return [RecognizerResult(one.kind.value, one.start, one.end, LEAST_SCORE) for one in self._tagger(text)]


def is_guess(result: Any) -> bool:
    """Say whether a result is a model's and not a pattern's."""
    return bool(result.recognition_metadata[RecognizerResult.RECOGNIZER_NAME_KEY] == _TAGS)


def build_analyzer() -> AnalyzerEngine:
    """Return an engine whose entities are our kinds."""
    registry = RecognizerRegistry(recognizers=list(_recognizers()), supported_languages=["en"])
    # Whole words: as a substring "cell" is also in "cancelling".
    context = _Enhancer(context_matching_mode="whole_word")
    return AnalyzerEngine(
        registry=registry, nlp_engine=_BlankEngine(), context_aware_enhancer=context, supported_languages=["en"]
    )


def plain_analyzer() -> AnalyzerEngine:
    """Return Presidio with its own recognizers and none of ours, on the same blank engine: for benchmarks."""
    registry = RecognizerRegistry(supported_languages=["en"])
    registry.load_predefined_recognizers(languages=["en"])
    # These two would download a list of domain suffixes.
    registry.remove_recognizer("EmailRecognizer")
    registry.remove_recognizer("UrlRecognizer")
    registry.add_recognizer(_Email())
    return AnalyzerEngine(registry=registry, nlp_engine=_BlankEngine(), supported_languages=["en"])


def _recognizers() -> Iterable[LocalRecognizer]:
    yield _Email(supported_entity=Kind.EMAIL.value)
    yield _LuhnCard(
        supported_entity=Kind.CARD.value,
        name="spaced card",
        patterns=[Pattern("digits in any grouping", r"(?<![\w-])[2-6](?:[ .\-_/]{0,3}\d){12,18}(?![\w-])", 0.3)],
    )
    yield IbanRecognizer(supported_entity=Kind.IBAN.value)
    yield IpRecognizer(supported_entity=Kind.IP.value)
    yield _Phone(supported_entity=Kind.PHONE.value, supported_regions=("US", "GB"))
    yield CryptoRecognizer(supported_entity=Kind.ACCOUNT.value)
    # Not its own context words: "check my order" is not about a bank.
    yield UsBankRecognizer(supported_entity=Kind.ACCOUNT.value, context=["account", "acct", "bank", "routing", "iban"])
    for national in (UsSsnRecognizer, UsItinRecognizer, UsPassportRecognizer, UsLicenseRecognizer, UkNinoRecognizer):
        yield national(supported_entity=Kind.NATIONAL_ID.value)
    for row in PATTERNS:
        yield PatternRecognizer(
            supported_entity=row.kind.value,
            name=row.name,
            patterns=[Pattern(row.name, row.regex, row.score)],
            context=list(row.context) or None,
            # Case counts in ours: a street is told from "2 days on the road" by its capitals.
            global_regex_flags=re.DOTALL | re.MULTILINE,
        )
