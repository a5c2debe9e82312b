"""How a delivery can fail; what it says is safe to log and to show in the desk."""


class DeliveryError(Exception):
    """The delivery failed; whether it had an effect is not known."""


class NotSentError(DeliveryError):
    """The delivery failed before it could have an effect."""


class DelayedError(NotSentError):
    """Not now: try again after so many seconds. It does not count as an attempt."""

    def __init__(self, why: str, seconds: float) -> None:
        super().__init__(why)
        self.seconds = seconds


class RefusedError(NotSentError):
    """The helpdesk will not take it, and trying again will not help."""
