"""What every ticket type owes: answers to the seven questions, a mode, texts, a policy that exists."""

import dataclasses

import pytest

from agent.bootstrap import articles
from agent.flow import Check, Decline, Escalate, Flow, Step
from agent.flows import flows
from agent.rollout import Rollout
from agent.texts import text
from agent.understand.labels import Label
from tools.action import Mode

FLOWS = [pytest.param(flow, id=name) for name, flow in flows().items()]


def steps(flow: Flow) -> list[Step]:
    """Return the steps with those they lead to."""
    found: list[Step] = list(flow.steps)
    for step in flow.steps:
        found += [one for name in ("otherwise", "none", "declined") if (one := getattr(step, name, None)) is not None]
    return found


@pytest.mark.parametrize("flow", FLOWS)
def test_it_answers_the_questions_of_resolution(flow: Flow) -> None:
    """Scope, success, eligibility, what is never done, what is documented, what escalates; the rest is in its steps."""
    answers = dataclasses.asdict(flow.charter)
    assert all(answer.endswith(".") and len(answer) > 6 for answer in answers.values())


@pytest.mark.parametrize("flow", FLOWS)
def test_it_has_a_mode_a_name_and_reasons(flow: Flow) -> None:
    """A type without a row is off; a handoff says why in words."""
    assert Rollout().mode(flow.ticket_type) is not Mode.OFF
    assert text(f"type_{flow.ticket_type}")
    assert all(text(f"reason_{step.reason}") for step in steps(flow) if isinstance(step, Escalate))


@pytest.mark.parametrize("flow", FLOWS)
def test_its_policy_exists(flow: Flow) -> None:
    """A named policy is an article of ours."""
    assert flow.policy is None or flow.policy in {article.id for article in articles()}


@pytest.mark.parametrize("flow", FLOWS)
def test_it_ends(flow: Flow) -> None:
    """The last step resolves or hands over, so no case stays open for ever."""
    last = flow.steps[-1]
    assert last.__class__.__name__ in ("Resolve", "Escalate")
    assert not isinstance(last, Check | Decline)


def test_its_labels_are_ours() -> None:
    """A label that nobody predicts would never start anything."""
    assert {label for flow in flows().values() for label in flow.labels} <= {label.value for label in Label}
