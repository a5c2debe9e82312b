"""The closed list of what a message can be about, as data sets name it; a ticket type may serve several of them."""

from enum import StrEnum


class Label(StrEnum):
    """What `intent` answers with; the value is the name used outside."""

    ORDER_STATUS = "order_status"
    SHIPPING_DELAY = "shipping_delay_or_missing_package"
    REFUND_REQUEST = "refund_request"
    REFUND_STATUS = "refund_status"
    RETURN_OR_EXCHANGE = "return_or_exchange"
    CANCEL_ORDER = "cancel_order"
    CHANGE_ORDER = "change_order"
    PLACE_ORDER = "place_order"
    CANCEL_SUBSCRIPTION = "cancel_subscription"
    PAUSE_SUBSCRIPTION = "pause_subscription"
    CHANGE_PLAN = "change_plan"
    BILLING_QUESTION = "billing_question"
    PAYMENT_ISSUE = "payment_issue"
    PASSWORD_RESET = "password_reset"  # noqa: S105 (a label)
    ACCOUNT_ACCESS = "account_access_problem"
    RESEND_VERIFICATION = "resend_verification_email"
    SHIPPING_ADDRESS = "update_shipping_address"
    ACCOUNT_DETAILS = "update_account_details"
    CREATE_ACCOUNT = "create_account"
    CLOSE_ACCOUNT = "close_account"
    SECURITY_OR_FRAUD = "security_or_fraud"
    BUG_REPORT = "bug_report"
    OUTAGE = "outage"
    HOW_TO = "how_to_question"
    PRODUCT_QUESTION = "product_question"
    SHIPPING_QUESTION = "shipping_question"
    POLICY_QUESTION = "policy_question"
    PROMO_OR_PRICE = "promo_or_price_question"
    COMPLAINT = "complaint"
    FEEDBACK = "feedback"
    MARKETING = "marketing_preferences"
    TALK_TO_HUMAN = "talk_to_human"
    BOT_CHALLENGE = "bot_challenge"
    GREETING = "greeting"
    THANKS_OR_GOODBYE = "thanks_or_goodbye"
    AFFIRM = "affirm"
    DENY = "deny"
    PROVIDE_INFO = "provide_info"
    OUT_OF_SCOPE = "out_of_scope"


#: Answered from the articles where no ticket type declares them; the account is not looked at.
QUESTIONS = frozenset(
    {
        Label.HOW_TO, Label.PRODUCT_QUESTION, Label.SHIPPING_QUESTION, Label.POLICY_QUESTION, Label.PROMO_OR_PRICE,
        Label.CREATE_ACCOUNT, Label.PLACE_ORDER, Label.BILLING_QUESTION, Label.PASSWORD_RESET,
        Label.RESEND_VERIFICATION, Label.MARKETING,
    }
)  # fmt: skip

#: A person takes these up where no ticket type declares them: each changes an account, or needs an ear.
FOR_A_PERSON = frozenset(
    {
        Label.TALK_TO_HUMAN, Label.COMPLAINT, Label.SECURITY_OR_FRAUD, Label.CANCEL_ORDER, Label.CHANGE_ORDER,
        Label.CANCEL_SUBSCRIPTION, Label.PAUSE_SUBSCRIPTION, Label.CHANGE_PLAN, Label.PAYMENT_ISSUE,
        Label.ACCOUNT_ACCESS, Label.SHIPPING_ADDRESS, Label.ACCOUNT_DETAILS, Label.CLOSE_ACCOUNT, Label.BUG_REPORT,
        Label.OUTAGE, Label.FEEDBACK, Label.REFUND_REQUEST, Label.REFUND_STATUS, Label.RETURN_OR_EXCHANGE,
        Label.ORDER_STATUS, Label.SHIPPING_DELAY,
    }
)  # fmt: skip

#: Small talk and the parts of a dialogue: they start nothing.
DIALOGUE = frozenset(
    {
        Label.BOT_CHALLENGE, Label.GREETING, Label.THANKS_OR_GOODBYE, Label.AFFIRM, Label.DENY, Label.PROVIDE_INFO,
        Label.OUT_OF_SCOPE,
    }
)  # fmt: skip

#: Meanings that are learned from examples of their own and told to the outside as another label.
INTERNAL = {"cancel": Label.DENY, "repeat": Label.PROVIDE_INFO}

#: Labels that tell of the same trouble: two of a family in one message are one request.
FAMILIES = (
    (Label.REFUND_REQUEST, Label.REFUND_STATUS, Label.RETURN_OR_EXCHANGE, Label.BILLING_QUESTION),
    (Label.PASSWORD_RESET, Label.ACCOUNT_ACCESS, Label.RESEND_VERIFICATION),
    (Label.ORDER_STATUS, Label.SHIPPING_DELAY),
    (Label.PRODUCT_QUESTION, Label.PROMO_OR_PRICE, Label.PLACE_ORDER),
)
