"""Sending a delivered thing back for another size or colour of it."""

import re

from agent.flow import Ask, Charter, Decline, Do, Flow, Resolve
from agent.flows.lines import CHOSEN_IS_FREE, READ_FORMS, SETTLED, WHICH_SINGLE_LINE, form_options, only_form, swap_args
from agent.flows.orders import CHOOSE_ARRIVED, hear_order
from agent.flows.return_items import HAS_ARRIVED, IN_WINDOW, NONE_UNDER_WAY
from agent.flows.telling import done, only
from guardrails.identity import Level
from tools.actions.exchange_items import EXCHANGE_ITEMS, Output

FLOW = Flow(
    ticket_type="exchange",
    policy="POL-RETURNS",
    labels=("return_or_exchange",),
    said=re.compile(
        r"\b(exchang\w*|swap\w*|another (size|colou?r)|(different|other) (size|colou?r|one)|larger|smaller|bigger)\b",
        re.I,
    ),
    identity=Level.SIGNED_IN,
    hear=hear_order,
    tags=("orders", "exchange"),
    instead=("refund", "return_items", "replacement"),
    charter=Charter(
        scope="One line of a delivered order for another form of the same product.",
        success="The exchange with its return code is on record.",
        eligibility="Delivered inside the window, none under way, the form in stock.",
        never="Other products; several exchanges of one order.",
        documented="Order, line, difference, return code, POL-RETURNS.",
        escalates="Above the approval threshold; an outcome nobody can see.",
    ),
    steps=(
        *CHOOSE_ARRIVED,
        HAS_ARRIVED,
        NONE_UNDER_WAY,
        IN_WINDOW,
        WHICH_SINGLE_LINE,
        *CHOSEN_IS_FREE,
        READ_FORMS,
        Ask(
            slot="form",
            ask="ask_form",
            options=form_options,
            default=only_form,
            none=Decline(say=only("no_other_form"), code="no_other_form"),
        ),
        Do(
            action=EXCHANGE_ITEMS,
            args=swap_args,
            said=done("exchange_done", Output, order=lambda made: made.order_id, code=lambda made: made.return_code),
            refused=SETTLED,
            progress="making_return",
        ),
        Resolve(code="exchanged"),
    ),
)
