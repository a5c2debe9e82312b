"""A copy of an invoice: where it is, from the articles."""

import re

from agent.flow import Answer, Charter, Flow, Resolve
from guardrails.identity import Level

FLOW = Flow(
    ticket_type="invoice_copy",
    policy=None,
    labels=("billing_question",),
    said=re.compile(r"\b(invoices?|receipts?|vat|tax (document|paper)\w*)\b", re.I),
    identity=Level.ANONYMOUS,
    tags=("billing", "invoice"),
    charter=Charter(
        scope="How to get an invoice.",
        success="The article's steps were given.",
        eligibility="Anybody.",
        never="Sending an invoice to another address than the account's.",
        documented="The article that answered.",
        escalates="No article answers.",
    ),
    steps=(Answer(), Resolve(code="answered")),
)
