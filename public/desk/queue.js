/** The queue: who waits, why and for how long; yours first. */

import { api } from "./api.js";
import { avatar, byId, el, icon, notice } from "./dom.js";
import { follow } from "./stream.js";
import { exactWords, reasonWords, spoken, tierWords, waitTone, waitWords } from "./words.js";

const TICK_MS = 5_000;

const moment = (at) => (typeof at === "number" ? at * 1000 : Date.parse(at));
const longestWait = (a, b) => moment(a.waiting_since ?? a.updated_at) - moment(b.waiting_since ?? b.updated_at);
const latestFirst = (a, b) => moment(b.updated_at) - moment(a.updated_at);

const GROUPS = [
  { id: "yours", title: "Yours", order: latestFirst, holds: (row, me) => row.holder?.id === me.id },
  { id: "waiting", title: "Waiting", order: longestWait, holds: (row) => !row.holder && row.state === "waiting" },
  { id: "colleagues", title: "With colleagues", order: latestFirst, holds: (row) => Boolean(row.holder) },
  { id: "agent", title: "With the agent", order: latestFirst, holds: () => true },
];

export class Queue {
  #me;
  #rows = [];
  #nodes = new Map();
  #open = null;
  #marked = null;
  #unread = new Set();
  #stop = () => {};
  #onOpen;
  #onRows;

  constructor({ onOpen, onRows }) {
    this.#onOpen = onOpen;
    this.#onRows = onRows;
    byId("queue-search").addEventListener("input", () => this.#draw());
    byId("queue-search").addEventListener("keydown", (pressed) => this.#searchKey(pressed));
    byId("queue-groups").addEventListener("keydown", (pressed) => this.#arrowKey(pressed));
    setInterval(() => this.#tick(), TICK_MS);
  }

  /** Show and follow the queue as this operator sees it. */
  start(me) {
    this.#me = me;
    this.#rows = [];
    this.#nodes.clear();
    this.#stop();
    this.#stop = follow(() => "/changes", {
      onLines: () => this.refresh(),
      onState: (state) => this.#showState(state),
    });
  }

  stop() {
    this.#stop();
  }

  async refresh() {
    try {
      const { rows } = await api.queue();
      if (JSON.stringify(rows) === JSON.stringify(this.#rows) && rows.length) return;
      this.#rows = rows;
    } catch (refusal) {
      if (refusal.status !== 0 && refusal.status !== 401) notice(refusal.message, "bad");
      return;
    }
    this.#draw();
    this.#onRows(this.#rows);
  }

  row(conversation) {
    return this.#rows.find((row) => row.conversation === conversation) ?? null;
  }

  /** Mark which conversation is open in the middle pane. */
  opened(conversation) {
    this.#open = conversation;
    this.#marked = conversation;
    this.#draw();
  }

  /** Give a dot to the operator's own conversations with news. */
  showUnread(conversations) {
    if ([...conversations].join() === [...this.#unread].join()) return;
    this.#unread = new Set(conversations);
    this.#draw();
  }

  /** Move the mark by one row and put the focus on it. */
  move(by) {
    const buttons = [...byId("queue-groups").querySelectorAll(".row")];
    if (!buttons.length) return;
    const at = buttons.findIndex((button) => button.dataset.conversation === this.#marked);
    const next = at < 0 ? (by > 0 ? 0 : buttons.length - 1) : Math.min(Math.max(at + by, 0), buttons.length - 1);
    this.#mark(buttons[next].dataset.conversation);
    buttons[next].focus();
    buttons[next].scrollIntoView({ block: "nearest" });
  }

  openMarked() {
    if (this.#marked && this.row(this.#marked)) this.#onOpen(this.#marked);
  }

  #mark(conversation) {
    this.#marked = conversation;
    for (const { button } of this.#nodes.values()) button.tabIndex = button.dataset.conversation === conversation ? 0 : -1;
  }

  #searchKey(pressed) {
    if (pressed.key === "ArrowDown" || pressed.key === "Enter") {
      pressed.preventDefault();
      this.#marked = null;
      this.move(1);
      if (pressed.key === "Enter") this.openMarked();
    }
  }

  #arrowKey(pressed) {
    const by = { ArrowDown: 1, ArrowUp: -1 }[pressed.key];
    if (!by) return;
    pressed.preventDefault();
    this.move(by);
  }

  #showState(state) {
    byId("queue-status").textContent = state === "broken" ? "Reconnecting…" : "";
  }

  #draw() {
    const focused = document.activeElement;
    const wanted = byId("queue-search").value.trim().toLowerCase();
    const shown = this.#rows.filter((row) => !wanted || wordsOf(row).includes(wanted));
    const left = new Set(shown);
    const groups = GROUPS.map((group) => {
      const rows = [...left].filter((row) => group.holds(row, this.#me)).sort(group.order);
      rows.forEach((row) => left.delete(row));
      return this.#group(group, rows);
    });
    byId("queue-groups").replaceChildren(...groups.filter(Boolean), ...(shown.length ? [] : [emptyQueue(wanted)]));
    this.#forget();
    this.#mark(this.#marked && this.row(this.#marked) ? this.#marked : (byId("queue-groups").querySelector(".row")?.dataset.conversation ?? null));
    if (focused?.classList.contains("row") && focused.isConnected) focused.focus({ preventScroll: true });
    this.#tick();
  }

  #group({ id, title }, rows) {
    if (!rows.length) return null;
    const heading = el("h2", { class: "group-title", id: `group-${id}` }, title, el("span", { class: "group-count" }, String(rows.length)));
    return el("section", { class: "group" }, heading, el("ul", { "aria-labelledby": `group-${id}` }, ...rows.map((row) => this.#node(row))));
  }

  #node(row) {
    const known = this.#nodes.get(row.conversation) ?? this.#newNode(row.conversation);
    const look = JSON.stringify([row, this.#unread.has(row.conversation)]);
    if (known.look !== look) known.button.replaceChildren(...rowParts(row, this.#unread.has(row.conversation), this.#me));
    known.look = look;
    known.button.setAttribute("aria-current", String(row.conversation === this.#open));
    return known.item;
  }

  #newNode(conversation) {
    const button = el("button", { type: "button", class: "row", "data-conversation": conversation, onclick: () => this.#onOpen(conversation) });
    const node = { button, item: el("li", {}, button), look: "" };
    this.#nodes.set(conversation, node);
    return node;
  }

  #forget() {
    const kept = new Set(this.#rows.map((row) => row.conversation));
    for (const conversation of this.#nodes.keys()) if (!kept.has(conversation)) this.#nodes.delete(conversation);
  }

  #tick() {
    for (const node of document.querySelectorAll("time[data-since]")) {
      node.textContent = waitWords(node.dataset.since);
      node.dataset.tone = waitTone(node.dataset.since);
    }
  }
}

/** Return a waiting time that the queue keeps up to date. */
export function waiting(since) {
  return el("time", { class: "wait", datetime: since, "data-since": since, "data-tone": waitTone(since), title: `Since ${exactWords(since)}` }, waitWords(since));
}

export function tierMark(tier) {
  return tierWords(tier) ? el("span", { class: `tier tier-${tier}` }, tierWords(tier)) : null;
}

function wordsOf(row) {
  return [row.conversation, spoken(row.ticket_type), reasonWords(row.reason), tierWords(row.tier), row.last_line, row.holder?.name].join(" ").toLowerCase();
}

function rowParts(row, unread, me) {
  const title = el("span", { class: "row-title" }, row.ticket_type ? spoken(row.ticket_type) : "New conversation");
  const since = row.state === "waiting" && row.waiting_since ? waiting(row.waiting_since) : null;
  const dot = unread ? el("span", { class: "unread", title: "New message" }, el("span", { class: "visually-hidden" }, "New message")) : null;
  const chips = [
    row.approvals ? el("span", { class: "chip chip-approval" }, icon("wait"), row.approvals === 1 ? "Approval" : `${row.approvals} approvals`) : null,
    row.reason ? el("span", { class: "chip" }, reasonWords(row.reason)) : null,
    row.holder ? el("span", { class: "holder" }, avatar(row.holder), row.holder.id === me.id ? "You" : row.holder.name) : null,
  ].filter(Boolean);
  return [
    el("span", { class: "row-top" }, dot, title, tierMark(row.tier), since),
    el("span", { class: "row-line" }, row.last_line || "No message yet"),
    ...(chips.length ? [el("span", { class: "row-foot" }, ...chips)] : []),
  ];
}

function emptyQueue(wanted) {
  const lines = wanted ? ["Nothing matches", "Try an order number, a reason or a name."] : ["All clear", "Nobody is waiting for a person."];
  return el("div", { class: "empty" }, el("p", { class: "empty-title" }, lines[0]), el("p", { class: "muted" }, lines[1]));
}
