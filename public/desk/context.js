/** The right pane: the packet first, then what waits for a decision, the customer, the ticket and the notes. */

import { api } from "./api.js";
import { approvalCard } from "./approval.js";
import { byId, el, facts, icon, notice, outsideLink } from "./dom.js";
import { dateWords, exactWords, levelWords, reasonWords, spoken, tierWords, timeWords, toneOf } from "./words.js";

const MARKS = { good: "check", bad: "cross", open: "wait" };

const SECTIONS = ["packet", "approvals", "customer", "orders", "ticket", "notes"];

export class Context {
  #conversation = null;
  #detail = null;
  #notes = [];
  #looks = new Map();
  #receipts = new Map();
  #hold;
  #onDecided;

  /** `hold` makes the conversation the operator's own, which a decision needs; `onDecided` runs after one. */
  constructor({ hold, onDecided }) {
    this.#hold = hold;
    this.#onDecided = onDecided;
    byId("context-approval").addEventListener("click", () => this.toApproval());
  }

  /** Show a conversation's account and packet; null while nothing is known. */
  show(detail) {
    if (detail?.conversation !== this.#conversation) this.#empty();
    this.#conversation = detail?.conversation ?? null;
    this.#detail = detail;
    byId("context").hidden = !detail;
    byId("context-empty").hidden = Boolean(detail);
    if (detail) this.#draw();
    this.#drawCount();
  }

  showNotes(notes) {
    this.#notes = notes;
    if (this.#detail) this.#draw();
  }

  /** Put the focus on the first waiting approval; asked again there, approve it. */
  toApproval() {
    const button = byId("context").querySelector('.approval[data-state="waiting"] .approve');
    if (!button) return;
    if (document.activeElement === button) return button.click();
    button.closest(".approval").scrollIntoView({ block: "nearest" });
    button.focus();
  }

  get waiting() {
    return (this.#detail?.approvals ?? []).filter(({ state }) => state === "waiting");
  }

  #empty() {
    this.#looks.clear();
    byId("context").replaceChildren(...SECTIONS.map((name) => el("section", { class: `context-part context-${name}`, id: `context-${name}`, tabindex: "-1" })));
    byId("pane-context").scrollTop = 0;
  }

  #drawCount() {
    const count = this.waiting.length;
    byId("context-approval").hidden = byId("tab-context-count").hidden = !count;
    byId("context-approval").replaceChildren(icon("wait"), count === 1 ? "1 approval waits" : `${count} approvals wait`);
    byId("tab-context-count").textContent = String(count);
  }

  /** Redraw only the parts that changed: a reason half typed must survive news elsewhere. */
  #draw() {
    const { packet, approvals, customer, level, orders, ticket } = this.#detail;
    this.#part("packet", packet, () => packetParts(packet));
    this.#part("approvals", approvals, () => this.#approvalParts(approvals));
    this.#part("customer", [customer, level], () => customerParts(customer, level));
    this.#part("orders", orders, () => orderParts(orders ?? []));
    this.#part("ticket", ticket, () => ticketParts(ticket));
    this.#part("notes", this.#notes, () => noteParts(this.#notes));
  }

  #part(name, content, build) {
    const look = JSON.stringify(content) ?? "";
    if (this.#looks.get(name) === look) return;
    this.#looks.set(name, look);
    byId(`context-${name}`).replaceChildren(...build().filter(Boolean));
  }

  #approvalParts(approvals) {
    if (!approvals?.length) return [];
    const cards = approvals.map((approval) => approvalCard(approval, this.#receipts.get(approval.id), this.#decide(approval)));
    return [title(approvals.some(({ state }) => state === "waiting") ? "Waits for your decision" : "Decided"), ...cards];
  }

  #decide(approval) {
    const id = this.#conversation;
    const settled = async (words) => {
      notice(words);
      this.#looks.delete("approvals");
      await this.#onDecided();
      byId("context-approvals").scrollIntoView({ block: "nearest" });
      byId("context-approvals").focus({ preventScroll: true });
    };
    return {
      approve: async () => {
        await this.#hold();
        const done = await api.approve(id, approval.id);
        const { title: asked, facts: exact } = approval;
        this.#receipts.set(approval.id, { ...done, title: asked, facts: done.facts?.length ? done.facts : exact });
        await settled("Approved and done.");
      },
      reject: async (reason) => {
        await this.#hold();
        await api.reject(id, approval.id, reason);
        await settled("Rejected.");
      },
    };
  }
}

function title(text, ...more) {
  return el("h3", {}, text, ...more);
}

function bullets(lines, kind) {
  return el("ul", { class: kind }, ...lines.map((line) => el("li", {}, line)));
}

function packetParts(packet) {
  if (!packet) return [title("Handoff packet"), el("p", { class: "muted" }, "None yet. The agent files one when it hands over.")];
  return [
    title("Handoff packet", packet.reason ? el("span", { class: "chip" }, reasonWords(packet.reason)) : ""),
    packet.summary?.length ? bullets(packet.summary, "summary") : null,
    packet.suggestion ? el("div", { class: "suggestion" }, el("p", { class: "part-label" }, "Suggested next step"), el("p", {}, packet.suggestion)) : null,
    ...labelled("Checked", packet.checked, ({ what, result }) => [what, el("span", { class: "muted" }, spoken(result))]),
    ...labelled("Done", packet.actions, doneLine),
    ...labelled("Policies", packet.policies, policyLine),
    el("p", { class: "packet-foot muted small" }, packet.identity ? levelWords(packet.identity) : "", isElsewhere(packet.transcript_url) ? outsideLink(packet.transcript_url, "Full transcript") : ""),
  ];
}

/** The packet of the built-in desk points to the very conversation that is open beside it. */
function isElsewhere(address) {
  return Boolean(address) && new URL(address, location.href).href !== location.href;
}

function labelled(label, items, line) {
  if (!items?.length) return [];
  return [el("p", { class: "part-label" }, label), el("ul", { class: "lines" }, ...items.map((item) => el("li", {}, ...line(item))))];
}

function doneLine({ what, outcome, receipt }) {
  const tone = toneOf(outcome);
  const state = el("span", { class: "outcome", "data-tone": tone }, icon(MARKS[tone]), spoken(outcome));
  return [spoken(what), el("span", { class: "line-end" }, state, receipt ? el("code", {}, receipt) : "")];
}

function policyLine({ id, title: name, effective }) {
  const link = outsideLink(`/articles/${encodeURIComponent(id)}`, name || id);
  return [link, el("span", { class: "muted" }, `in force since ${/^\d{4}-/.test(effective) ? dateWords(`${effective}`.slice(0, 10) + "T12:00") : effective}`)];
}

function customerParts(customer, level) {
  if (!customer) return [title("Customer"), el("p", { class: "muted" }, `${levelWords(level ?? 0)}. Nothing is known about the account.`)];
  const rows = [["Name", customer.name], ["Email", customer.email], ["Phone", customer.phone], ["Address", addressWords(customer.address)]];
  rows.push(["Tier", tierWords(customer.tier) || "Standard"], ["Identity", levelWords(level ?? 0)], ["Account", customer.id]);
  return [title("Customer"), facts(rows.filter(([, value]) => value))];
}

function addressWords(address) {
  return address && typeof address === "object" ? Object.values(address).filter(Boolean).join(", ") : address;
}

function orderParts(orders) {
  if (!orders.length) return [];
  const row = (order) => el("tr", {}, el("th", { scope: "row" }, order.id), el("td", {}, spoken(order.status)), el("td", {}, dateWords(order.placed_at)), el("td", { class: "money" }, String(order.total)));
  const head = el("tr", { class: "visually-hidden" }, ...["Order", "Status", "Placed", "Total"].map((name) => el("th", { scope: "col" }, name)));
  return [title("Orders"), el("table", { class: "orders" }, el("thead", {}, head), el("tbody", {}, ...orders.map(row)))];
}

function ticketParts(ticket) {
  if (!ticket) return [];
  const rows = [["Number", ticket.number], ["Status", spoken(ticket.status)], ["Code", spoken(ticket.code)]].filter(([, value]) => value);
  const tags = ticket.tags?.length ? el("p", { class: "tags" }, ...ticket.tags.map((tag) => el("span", { class: "chip" }, tag))) : null;
  return [title("Ticket"), facts(rows), tags];
}

function noteParts(notes) {
  if (!notes.length) return [];
  const one = ({ operator, text, at }) => el("li", { class: "note" }, el("p", { class: "by" }, el("span", { class: "name" }, operator), el("time", { datetime: at, title: exactWords(at) }, timeWords(at))), el("p", { class: "note-text" }, text));
  return [title("Notes"), el("ul", { class: "note-list" }, ...notes.map(one))];
}
