"""A question that the articles answer; nothing about an account is said here."""

from agent.flow import Answer, Flow, Resolve
from guardrails.identity import Level

FLOW = Flow(
    ticket_type="policy_question",
    policy=None,
    identity=Level.ANONYMOUS,
    tags=("knowledge",),
    steps=(Answer(), Resolve(code="answered")),
    examples=(
        "How long can I return things?",
        "What is your refund policy?",
        "Do you ship to Canada?",
        "how many days do I have to send something back",
        "What does Larkspur Plus include?",
        "How long does a refund take to show up?",
        "Is delivery free?",
        "what are your opening hours",
        "how do I use a promo code",
        "Can I pay with PayPal?",
        "Do you offer gift cards?",
        "How do I look after the cedar furniture?",
        "is the stoneware dishwasher safe",
        "What happens if something arrives damaged?",
        "how much is shipping",
        "What warranty do I get?",
        "do you price match",
        "Who pays for return postage?",
        "what do you do with my personal data",
        "How do I cancel my membership?",
        "how can I reset my password",
        "Can I get an invoice for my order?",
        "what's your policy on returns",
        "how does international delivery work",
        "Do you assemble furniture?",
        "how do I change my delivery address",
        "When does a lost parcel count as lost?",
        "which payment methods do you take",
    ),
)
