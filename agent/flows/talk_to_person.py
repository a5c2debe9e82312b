"""The customer asked for a person: always granted, with any model and any system down."""

from agent.flow import Escalate, Flow
from guardrails.identity import Level

FLOW = Flow(
    ticket_type="talk_to_person",
    policy="POL-HANDOVER",
    identity=Level.ANONYMOUS,
    tags=("handoff",),
    steps=(Escalate(reason="asked_for_person"),),
    examples=(
        "I want to talk to a person",
        "Can I speak to someone?",
        "human please",
        "get me an agent",
        "connect me with customer service",
        "I'd like to speak with a representative",
        "let me talk to a real person",
        "transfer me to your support staff",
        "give me a human",
        "operator",
        "is there anyone real I can talk to",
        "I need to speak to a manager",
        "stop, I want a real human being",
        "call me",
        "can somebody from your team help me",
        "put me through to a colleague",
        "this is ridiculous, I want to complain",
        "this is useless",
        "you're not helping me at all",
        "my lawyer will hear of this",
        "get me a humn",
        "I want to make a complaint",
        "I'm fed up with this, get me someone",
    ),
)
