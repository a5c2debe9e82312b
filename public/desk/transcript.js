/** Draws the events of one conversation, staff ones included, in the order of the log. */

import { avatar, el, facts, icon, outsideLink, serverHtml } from "./dom.js";
import { approvalLine, dayWords, exactWords, offerWords, reasonWords, spoken, timeWords } from "./words.js";

const GROUP_MS = 5 * 60_000;
const NEAR_END_PX = 80;

//: What the customer sent; these make an unsent reply stale.
const CUSTOMER_KINDS = new Set(["customer_said", "customer_chose"]);

export class Transcript {
  #log;
  #jump;
  #people;
  #seen = new Set();
  #entries = [];
  #group = null;
  #day = "";
  #offers = new Map();
  #whys = new Map();
  #progress = null;

  constructor(log, jump, people) {
    this.#log = log;
    this.#jump = jump;
    this.#people = people;
    log.addEventListener("scroll", () => this.#atEnd() && (jump.hidden = true), { passive: true });
    jump.addEventListener("click", () => this.toEnd());
  }

  clear() {
    this.#seen.clear();
    this.#offers.clear();
    this.#whys.clear();
    this.#entries = [];
    this.#group = this.#progress = null;
    this.#day = "";
    this.#jump.hidden = true;
    this.#log.replaceChildren();
  }

  /** Draw those events that are new, and keep the end in view if it was. */
  add(events) {
    const wasAtEnd = this.#atEnd();
    const fresh = events.filter((event) => this.#isNew(event));
    for (const event of fresh) this.#draw(event);
    if (wasAtEnd) this.toEnd();
    else if (fresh.some((event) => CUSTOMER_KINDS.has(event.kind))) this.#jump.hidden = false;
    return fresh;
  }

  toEnd() {
    this.#log.scrollTop = this.#log.scrollHeight;
    this.#jump.hidden = true;
  }

  /** Mark what the customer sent after a cursor, and return how many messages that is. */
  markAfter(cursor) {
    const at = this.#entries.findLastIndex((entry) => entry.cursor === cursor);
    const missed = this.#entries.slice(at + 1).filter((entry) => CUSTOMER_KINDS.has(entry.kind));
    for (const entry of missed) entry.node.classList.add("missed");
    missed[0]?.node.scrollIntoView({ block: "nearest" });
    return missed.length;
  }

  unmark() {
    for (const node of this.#log.querySelectorAll(".missed")) node.classList.remove("missed");
  }

  /** Correct the names that became known after they were drawn. */
  rename() {
    for (const node of this.#log.querySelectorAll(".by-customer .name")) node.textContent = this.#people.customer();
    for (const node of this.#log.querySelectorAll("[data-operator]")) node.textContent = this.#people.operator(node.dataset.operator);
  }

  #atEnd() {
    return this.#log.scrollHeight - this.#log.scrollTop - this.#log.clientHeight < NEAR_END_PX;
  }

  #isNew(event) {
    const key = event.kind === "agent_said" ? `said:${event.turn}:${event.n}` : `${event.kind}:${event.cursor}`;
    if (this.#seen.has(key)) return false;
    this.#seen.add(key);
    return true;
  }

  #draw(event) {
    const node = DRAWN[event.kind]?.(this, event);
    this.#entries.push({ cursor: event.cursor, kind: event.kind, node });
  }

  /** Put something that belongs to nobody's bubbles into the log. */
  place(node, at) {
    this.#newDay(at);
    this.#group = null;
    this.#append(node);
    return node;
  }

  line(at, ...parts) {
    return this.place(el("p", { class: "line", title: at && exactWords(at) }, ...parts), at);
  }

  /** Put a bubble under its author's name, in the running group if it is the same author's. */
  bubble(event, author, ...content) {
    this.endProgress();
    this.#newDay(event.at);
    const running = this.#group;
    const same = running?.key === author.side + author.name && new Date(event.at) - running.at < GROUP_MS;
    if (!same) this.#startGroup(event, author);
    this.#group.at = new Date(event.at);
    const bubble = el("div", { class: "bubble", title: exactWords(event.at) }, ...content);
    this.#group.node.append(bubble);
    return bubble;
  }

  #startGroup(event, author) {
    const name = el("span", { class: "name" }, author.name);
    const by = el("p", { class: "by" }, author.side === "customer" ? null : avatar(author, author.side), name, el("time", { datetime: event.at }, timeWords(event.at)));
    const node = el("div", { class: `said by-${author.side}` }, by);
    this.#append(node);
    this.#group = { key: author.side + author.name, node, at: new Date(event.at) };
  }

  #newDay(at) {
    const day = at ? dayWords(at) : this.#day;
    if (day === this.#day) return;
    this.#day = day;
    this.#group = null;
    this.#append(el("p", { class: "day" }, el("span", {}, day)));
  }

  #append(node) {
    if (this.#progress) this.#log.insertBefore(node, this.#progress);
    else this.#log.append(node);
  }

  customer() {
    return { side: "customer", name: this.#people.customer() };
  }

  get conversation() {
    return this.#people.conversation();
  }

  operatorName(id) {
    return this.#people.operator(id);
  }

  progress(text) {
    this.#progress ??= el("p", { class: "progress" });
    this.#progress.textContent = text;
    this.#log.append(this.#progress);
  }

  endProgress() {
    this.#progress?.remove();
    this.#progress = null;
  }

  offer(event) {
    const state = el("span", { class: "card-state" }, offerWords("open"));
    const card = el("div", { class: "card offer" }, el("p", { class: "card-title" }, event.title, state), facts(event.facts));
    this.#offers.set(event.offer, { card, state });
    return this.bubble(event, AGENT, card);
  }

  settleOffer(event) {
    const offer = this.#offers.get(event.offer);
    if (!offer) return;
    offer.state.textContent = offerWords(event.result);
    offer.card.dataset.result = event.result;
  }

  /** Turn the offer into its receipt where it stands, or place the receipt by itself. */
  receipt(event) {
    this.endProgress();
    const card = receiptCard(event);
    const offer = this.#offers.get(event.offer);
    if (!offer) return this.bubble(event, AGENT, card);
    offer.card.replaceWith(card);
    return card;
  }

  /** Add a line to the turn's folded "why". */
  why(event) {
    const known = this.#whys.get(event.turn) ?? this.#newWhy(event);
    known.lines.append(el("li", {}, el("span", { class: "room" }, event.room), el("span", {}, event.line)));
    known.count.textContent = `${known.lines.children.length} steps`;
    return known.node;
  }

  #newWhy(event) {
    const lines = el("ol", { class: "why-lines" });
    const count = el("span", { class: "muted" });
    const node = el("details", { class: "why" }, el("summary", {}, "Why ", count), lines);
    const why = { node, lines, count };
    this.#whys.set(event.turn, why);
    this.place(node, event.at);
    return why;
  }
}

const AGENT = { side: "agent", name: "AI agent", initials: "AI" };

/** Return the card of something that was done. */
export function receiptCard({ receipt, title, facts: rows }) {
  const number = receipt ? el("span", { class: "card-state" }, receipt) : null;
  return el("div", { class: "card receipt" }, el("p", { class: "card-title" }, icon("check"), title, number), facts(rows ?? []));
}

function sources(list) {
  return el("p", { class: "sources" }, ...list.map((source) => outsideLink(source.url, source.title)));
}

function choices(list) {
  return el("p", { class: "choices", "aria-label": "Offered as buttons" }, ...list.map((choice) => el("span", {}, choice.label)));
}

function agentSaid(log, event) {
  const parts = [serverHtml(event.html)];
  if (event.sources?.length) parts.push(sources(event.sources));
  if (event.choices?.length) parts.push(choices(event.choices));
  return log.bubble(event, AGENT, ...parts);
}

/** A file opens on the operator's own machine, never in the desk. */
function attached(log, event) {
  const address = `/api/desk/conversations/${encodeURIComponent(log.conversation)}/uploads/${encodeURIComponent(event.upload)}`;
  const size = `${Math.max(1, Math.round(event.size / 1024))} KB`;
  const link = el("a", { href: address, download: event.name }, event.name);
  return log.bubble(event, log.customer(), el("p", { class: "plain" }, icon("receipt"), link, ` · ${size}`));
}

function note(log, event) {
  const name = el("span", { class: "name", "data-operator": event.operator }, log.operatorName(event.operator));
  const by = el("p", { class: "by" }, icon("lock"), name, "Note", el("time", { datetime: event.at }, timeWords(event.at)));
  return log.place(el("div", { class: "note", title: exactWords(event.at) }, by, el("p", { class: "note-text" }, event.text)), event.at);
}

/** What each kind of event looks like; a kind that is not here is not shown. */
const DRAWN = {
  customer_said: (log, event) => log.bubble(event, log.customer(), el("p", { class: "plain" }, event.text)),
  customer_chose: (log, event) => log.bubble(event, log.customer(), el("p", { class: "plain chose" }, icon("check"), event.label)),
  attached,
  agent_said: agentSaid,
  operator_said: (log, event) => log.bubble(event, { side: "operator", ...event }, serverHtml(event.html)),
  note,
  progress: (log, event) => log.progress(event.text),
  turn_finished: (log) => log.endProgress(),
  offer: (log, event) => log.offer(event),
  offer_settled: (log, event) => log.settleOffer(event),
  receipt: (log, event) => log.receipt(event),
  code_requested: (log, event) => log.line(event.at, `A ${event.digits ?? 6}-digit code went to ${event.destination}`),
  handed_off: (log, event) => log.line(event.at, "Handed over", el("span", { class: "chip" }, reasonWords(event.reason))),
  operator_joined: (log, event) => log.line(event.at, `${event.name} took over`),
  operator_released: (log, event) => log.line(event.at, `${event.name} released it`),
  approval: (log, event) => log.line(event.at, approvalLine(event.state)),
  packet: (log, event) => log.line(event.at, "Handoff packet filed"),
  step: (log, event) => log.why({ ...event, room: spoken(event.room) }),
};
