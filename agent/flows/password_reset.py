"""A link to set a new password, sent to the account's own address and to no other."""

from agent.flow import Charter, Do, Flow, Resolve
from agent.flows.telling import done
from guardrails.identity import Level
from tools.actions.start_password_reset import START_PASSWORD_RESET, Output

FLOW = Flow(
    ticket_type="password_reset",
    policy="POL-ACCOUNT",
    labels=("password_reset", "account_access_problem"),
    identity=Level.SIGNED_IN,
    tags=("account", "access"),
    charter=Charter(
        scope="A forgotten password or a locked account.",
        success="The link is on its way to the address on the account.",
        eligibility="The customer is known; the account is not frozen.",
        never="A link to another address; a password in the chat.",
        documented="That a link was sent, receipt, POL-ACCOUNT.",
        escalates="The mailbox cannot be reached (mailbox_lost); too many resets in an hour.",
    ),
    steps=(
        Do(
            action=START_PASSWORD_RESET,
            args=lambda _view: {},
            said=done("reset_sent", Output, address=lambda made: made.sent_to),
            progress="sending_link",
        ),
        Resolve(code="reset_sent"),
    ),
)
