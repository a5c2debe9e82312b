/** The middle pane: one conversation, who holds it, and what the operator says in it. */

import { api, eventsPath } from "./api.js";
import { Composer } from "./composer.js";
import { avatar, byId, el, notice } from "./dom.js";
import { tierMark, waiting } from "./queue.js";
import { follow } from "./stream.js";
import { Transcript } from "./transcript.js";
import { firstName, spoken } from "./words.js";

const SETTLED_MS = 250;

//: After these the account, the packet or the holder may look different.
const REFRESHING = new Set(["packet", "approval", "operator_joined", "operator_released", "handed_off", "receipt", "turn_finished", "started"]);

export class Conversation {
  #me;
  #queue;
  #onDetail;
  #onNotes;
  #id = null;
  #detail = null;
  #cursor = "";
  #notes = [];
  #stop = () => {};
  #settling = 0;
  #outdated = false;
  #names = new Map();
  #transcript;
  #composer;
  #staleAfter = null;

  constructor({ queue, onDetail, onNotes }) {
    this.#queue = queue;
    this.#onDetail = onDetail;
    this.#onNotes = onNotes;
    const people = { customer: () => this.customerName, operator: (id) => this.#names.get(id) ?? id, conversation: () => this.#id };
    this.#transcript = new Transcript(byId("log"), byId("jump"), people);
    this.#composer = new Composer({ reply: (text) => this.#say(text), note: (text) => api.note(this.#id, text) });
  }

  get id() {
    return this.#id;
  }

  get customerName() {
    return this.#detail?.customer?.name ?? "Customer";
  }

  start(me) {
    if (this.#me && this.#me.id !== me.id) this.#composer.forget();
    this.#me = me;
    if (this.#id) this.open(this.#id);
  }

  stop() {
    this.#stop();
  }

  /** Show another conversation, or none. */
  async open(id) {
    this.#stop();
    this.#id = id;
    this.#detail = null;
    byId("conversation").hidden = !id;
    byId("conversation-empty").hidden = Boolean(id);
    this.#restart();
    this.#onDetail(null);
    if (!id) return;
    this.#composer.show(id);
    this.#draw();
    const known = this.refresh();
    this.#stop = follow(() => eventsPath(id, this.#cursor), {
      onLines: async (events) => {
        await known;
        if (id === this.#id) this.#take(events);
      },
      onState: (state) => id === this.#id && showConnection(state),
    });
  }

  /** Read the conversation's account, packet and holder again. */
  async refresh() {
    const id = this.#id;
    try {
      const detail = await api.conversation(id);
      if (id !== this.#id) return;
      this.#detail = detail;
      if (detail.holder) this.#names.set(detail.holder.id, detail.holder.name);
      this.#draw();
      this.#transcript.rename();
      this.#onDetail(detail);
    } catch (refusal) {
      complain(refusal);
    }
  }

  /** Learn the queue's news: waiting times, holders' names. */
  queueChanged(rows) {
    for (const { holder } of rows) if (holder) this.#names.set(holder.id, holder.name);
    if (!this.#id) return;
    this.#draw();
    this.#transcript.rename();
    this.#tellNotes();
  }

  /** Claim it; the reply gets the cursor only where `write` says so: after a key the next key is a key again. */
  async claim({ write = false } = {}) {
    if (!this.#id || this.#holder?.id === this.#me.id) return;
    const id = this.#id;
    try {
      await api.claim(id);
      if (write && id === this.#id) this.#composer.write("reply");
    } catch (refusal) {
      const taken = refusal.body?.holder;
      complain(refusal, taken && `${taken.name ?? this.#names.get(taken) ?? "A colleague"} was faster and holds it now.`);
    }
    await this.refresh();
  }

  async release() {
    if (this.#holder?.id !== this.#me.id) return;
    try {
      await api.release(this.#id);
      notice("Released.");
    } catch (refusal) {
      complain(refusal);
    }
    await this.refresh();
  }

  write(mode) {
    if (this.#id) this.#composer.write(mode);
  }

  get #holder() {
    return this.#detail?.holder ?? null;
  }

  /** Make sure that the operator holds the conversation; refused when a colleague does. */
  async hold() {
    if (this.#holder?.id === this.#me.id) return;
    await api.claim(this.#id);
    await this.refresh();
  }

  /** A person's words are a claim: nobody has to press a button first. */
  async #say(text) {
    const id = this.#id;
    const seen = this.#cursor;
    await this.hold();
    try {
      await api.say(id, text, seen);
      this.#stale(null);
      this.#transcript.toEnd();
    } catch (refusal) {
      if (refusal.code === "stale" && id === this.#id) this.#stale(seen);
      throw refusal;
    }
  }

  #stale(after) {
    this.#staleAfter = after;
    if (after === null) return this.#transcript.unmark();
    const missed = this.#transcript.markAfter(after);
    const name = this.#detail?.customer ? firstName(this.customerName) : "The customer";
    const what = missed > 1 ? `${name} wrote ${missed} new messages` : `${name} wrote again`;
    this.#composer.alert(`Not sent yet: ${what} before you sent this. Your text is kept. Read, then send.`);
  }

  #restart() {
    clearTimeout(this.#settling);
    this.#outdated = false;
    this.#cursor = "";
    this.#staleAfter = null;
    this.#notes = [];
    this.#transcript.clear();
    byId("log").setAttribute("aria-live", "off");
    this.#onNotes([]);
  }

  #take(events) {
    const reset = events.findLastIndex((event) => event.kind === "reset");
    if (reset >= 0) this.#restart();
    const current = events.slice(reset + 1);
    for (const event of current) this.#learnNames(event);
    const fresh = this.#transcript.add(current);
    this.#cursor = current.at(-1)?.cursor ?? this.#cursor;
    const notes = fresh.filter((event) => event.kind === "note");
    this.#notes.push(...notes);
    if (notes.length) this.#tellNotes();
    if (this.#staleAfter !== null) this.#stale(this.#staleAfter);
    this.#settle(fresh.some((event) => REFRESHING.has(event.kind)));
  }

  #tellNotes() {
    this.#onNotes(this.#notes.map((note) => ({ ...note, operator: this.#names.get(note.operator) ?? note.operator })));
  }

  #learnNames(event) {
    if (event.kind === "operator_joined" && event.operator) this.#names.set(event.operator, event.name);
  }

  /** Read the account once after a burst, and let screen readers hear only what comes after the history. */
  #settle(changed) {
    if (!changed && byId("log").getAttribute("aria-live") === "polite") return;
    clearTimeout(this.#settling);
    this.#outdated ||= changed;
    this.#settling = setTimeout(() => {
      byId("log").setAttribute("aria-live", "polite");
      if (this.#outdated) this.refresh();
      this.#outdated = false;
    }, SETTLED_MS);
  }

  #draw() {
    const row = this.#queue.row(this.#id);
    const ticket = this.#detail?.ticket;
    byId("conversation-title").textContent = this.#detail ? this.customerName : "…";
    byId("conversation-tier").replaceChildren(tierMark(this.#detail?.customer?.tier) ?? "");
    byId("conversation-meta").textContent = [row?.ticket_type && spoken(row.ticket_type), ticket?.number].filter(Boolean).join(" · ");
    const holder = this.#holder;
    this.#composer.showHolder(holder ? (holder.id === this.#me.id ? "me" : holder.name) : "nobody", this.#detail?.customer?.name);
    this.#composer.showDraft(this.#detail?.packet?.draft);
    this.#drawBanner(row);
  }

  #drawBanner(row) {
    const holder = this.#holder;
    const mine = holder?.id === this.#me.id;
    const tone = !this.#detail ? "none" : mine ? "mine" : holder ? "theirs" : row?.state === "waiting" ? "waiting" : "agent";
    const look = [tone, holder?.id, row?.waiting_since, this.#id].join();
    if (byId("banner").dataset.look === look) return;
    Object.assign(byId("banner").dataset, { look, tone });
    byId("banner").replaceChildren(...this.#bannerParts(tone, row));
  }

  #bannerParts(tone, row) {
    const action = (label, key, does, kind = "") => el("button", { type: "button", class: `button small ${kind}`, onclick: does }, label, " ", el("kbd", { "aria-hidden": "true" }, key));
    const claim = (label) => action(label, "C", () => this.claim({ write: true }), "primary");
    const parts = {
      none: () => [el("span", {}, "…")],
      mine: () => [avatar(this.#holder), el("span", {}, "You hold this conversation"), action("Release", "X", () => this.release())],
      theirs: () => [avatar(this.#holder), el("span", {}, el("b", {}, this.#holder.name), " holds this conversation")],
      waiting: () => [el("span", {}, "Nobody holds this yet. Waiting ", row.waiting_since ? waiting(row.waiting_since) : "now"), claim("Claim")],
      agent: () => [avatar({ initials: "AI" }, "agent"), el("span", {}, "The agent is answering"), claim("Take over")],
    };
    return parts[tone]();
  }
}

/** Say what was refused, unless it is the end of the session: the way in says that. */
function complain(refusal, words) {
  if (refusal.status !== 401) notice(words || refusal.message, "bad");
}

function showConnection(state) {
  byId("connection").textContent = { live: "", broken: "Reconnecting…", gone: "This conversation is closed." }[state];
}
