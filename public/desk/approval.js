/** The card of an action that waits for an operator's yes: exact arguments, the gates' verdicts, approve or reject. */

import { el, facts, icon } from "./dom.js";
import { receiptCard } from "./transcript.js";
import { approvalWords, spoken, toneOf } from "./words.js";

const MARKS = { good: "check", bad: "cross", open: "wait" };

const GRANTED = new Set(["approved", "done"]);

/** Return the card; `decide.approve()` and `decide.reject(reason)` return promises that a refusal breaks. */
export function approvalCard(approval, receipt, decide) {
  if (receipt && GRANTED.has(approval.state)) return el("div", { class: "approval-done" }, receiptCard(receipt));
  const state = el("span", { class: "card-state" }, approvalWords(approval.state));
  const card = el("article", { class: "card approval", "data-state": approval.state, "data-approval": approval.id, "aria-label": approval.title });
  card.append(el("p", { class: "card-title" }, approval.title, state), facts(approval.facts), gateList(approval.gates ?? []));
  if (approval.state === "waiting") card.append(decision(approval, decide));
  return card;
}

function gateList(gates) {
  const objections = gates.filter(({ verdict }) => toneOf(verdict) === "bad").length;
  const lead = objections ? `${objections} of ${gates.length} gates object` : `${gates.filter(({ verdict }) => toneOf(verdict) === "good").length} of ${gates.length} gates passed`;
  const rows = gates.map(({ gate, verdict }) => {
    const tone = toneOf(verdict);
    return el("li", { "data-tone": tone }, icon(MARKS[tone]), el("span", {}, spoken(gate)), el("span", { class: "muted" }, spoken(verdict)));
  });
  return el("details", { class: "gates", open: objections > 0 }, el("summary", {}, lead), el("ul", {}, ...rows));
}

function decision(approval, decide) {
  const fault = el("p", { class: "card-fault", role: "alert", hidden: true });
  const approve = el("button", { type: "button", class: "button primary approve" }, "Approve ", el("kbd", { "aria-hidden": "true" }, "A"));
  const reject = el("button", { type: "button", class: "button" }, "Reject");
  const form = rejection(approval);
  const attempt = (act) => settle([approve, reject, ...form.elements], fault, act);
  approve.addEventListener("click", () => attempt(decide.approve));
  reject.addEventListener("click", () => {
    form.hidden = !form.hidden;
    if (!form.hidden) form.elements.reason.focus();
  });
  form.addEventListener("submit", (submitted) => {
    submitted.preventDefault();
    attempt(() => decide.reject(form.elements.reason.value.trim()));
  });
  return el("div", { class: "decision" }, el("div", { class: "buttons" }, approve, reject), form, fault);
}

function rejection(approval) {
  const id = `reason-${approval.id}`;
  const form = el("form", { class: "rejection", hidden: true }, el("label", { for: id }, "Why not? Kept as a note for colleagues."));
  form.append(el("input", { id, name: "reason", required: true, maxlength: "500", autocomplete: "off" }), el("button", { type: "submit", class: "button danger" }, "Reject it"));
  return form;
}

async function settle(controls, fault, act) {
  fault.hidden = true;
  for (const control of controls) control.disabled = true;
  try {
    await act();
  } catch (refusal) {
    fault.textContent = [refusal.message, spoken(refusal.body?.detail)].filter(Boolean).join(" ");
    fault.hidden = false;
    for (const control of controls) control.disabled = false;
  }
}
