"""The mail that activates an account, once more."""

from agent.flow import Charter, Do, Flow, Resolve
from agent.flows.telling import done
from guardrails.identity import Level
from tools.actions.resend_verification import RESEND_VERIFICATION, Output

FLOW = Flow(
    ticket_type="resend_verification",
    policy="POL-ACCOUNT",
    labels=("resend_verification_email",),
    identity=Level.SIGNED_IN,
    tags=("account", "verification"),
    charter=Charter(
        scope="The activation mail of the customer's own account.",
        success="The mail is on its way to the address on the account.",
        eligibility="The address is not verified yet.",
        never="A mail to another address.",
        documented="That the mail was sent, receipt, POL-ACCOUNT.",
        escalates="The mailbox cannot be reached (mailbox_lost); too many mails in an hour.",
    ),
    steps=(
        Do(
            action=RESEND_VERIFICATION,
            args=lambda _view: {},
            said=done("verification_sent", Output, address=lambda made: made.sent_to),
            refused={"already_verified": "verified_already"},
            progress="sending_link",
        ),
        Resolve(code="verification_sent"),
    ),
)
