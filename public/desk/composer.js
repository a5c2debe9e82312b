/** Where an operator writes: replies and notes are two forms with two texts, so that one never becomes the other. */

import { byId } from "./dom.js";
import { firstName } from "./words.js";

const TALLEST_PX = 220;
const NARROW = matchMedia("(max-width: 899px)");

//: `draftUsed` is the draft that the reply began as, `draftSpent` the one that has been sent.
const BLANK = { mode: "reply", reply: "", note: "", draftUsed: null, draftSpent: null };

export class Composer {
  #texts = new Map();
  #open = null;
  #draft = null;
  #holding = "nobody";
  #busy = false;
  #send;

  /** `send.reply(text)` and `send.note(text)` return promises; a refused one leaves the text where it is. */
  constructor(send) {
    this.#send = send;
    byId("mode-reply").addEventListener("click", () => this.write("reply"));
    byId("mode-note").addEventListener("click", () => this.write("note"));
    byId("draft").addEventListener("click", () => this.#useDraft());
    byId("draft-restore").addEventListener("click", () => this.#useDraft());
    for (const mode of ["reply", "note"]) this.#wire(mode);
    window.addEventListener("beforeunload", (leaving) => this.#unsent() && leaving.preventDefault());
  }

  #wire(mode) {
    const field = byId(`${mode}-text`);
    field.addEventListener("input", () => this.#typed(mode));
    field.addEventListener("keydown", (pressed) => this.#key(pressed, mode));
    byId(`${mode}-form`).addEventListener("submit", (submitted) => {
      submitted.preventDefault();
      this.#submit(mode);
    });
  }

  /** Show the texts of another conversation; what was typed elsewhere stays there. */
  show(conversation) {
    this.#open = conversation;
    this.#draft = null;
    this.alert("");
    byId("reply-text").value = this.#text.reply;
    byId("note-text").value = this.#text.note;
    this.#look();
  }

  /** Drop every unsent text: the next operator must not find it. */
  forget() {
    this.#texts.clear();
  }

  /** Say who holds the conversation: "me", "nobody" or a colleague's name. */
  showHolder(holding, customer) {
    this.#holding = holding;
    byId("reply-text").placeholder = this.#locked ? `${holding} holds this conversation. You can leave a note.` : `Reply to ${firstName(customer)}`;
    byId("reply-send").textContent = holding === "nobody" ? "Claim and send" : `Send to ${firstName(customer)}`;
    this.#look();
  }

  showDraft(draft) {
    this.#draft = draft || null;
    this.#look();
  }

  /** Put the cursor where a reply or a note is written. */
  write(mode) {
    this.#text.mode = mode;
    this.#look();
    byId(`${mode}-text`).focus();
  }

  alert(text) {
    byId("composer-alert").textContent = text;
    byId("composer-alert").hidden = !text;
  }

  get #text() {
    if (!this.#texts.has(this.#open)) this.#texts.set(this.#open, { ...BLANK });
    return this.#texts.get(this.#open);
  }

  get #locked() {
    return this.#holding !== "me" && this.#holding !== "nobody";
  }

  #unsent() {
    return [...this.#texts.values()].some((text) => text.reply.trim() || text.note.trim());
  }

  #typed(mode) {
    this.#text[mode] = byId(`${mode}-text`).value;
    if (!this.#text.reply) this.#text.draftUsed = null;
    this.#look();
  }

  #key(pressed, mode) {
    if (pressed.isComposing) return;
    if (pressed.key === "Enter" && !pressed.shiftKey) {
      pressed.preventDefault();
      this.#submit(mode);
    }
    if (pressed.key === "Tab" && !pressed.shiftKey && mode === "reply" && this.#draftOffered) {
      pressed.preventDefault();
      this.#useDraft();
    }
  }

  get #draftOffered() {
    return Boolean(this.#draft) && this.#draft !== this.#text.draftSpent && !this.#text.reply && !this.#locked;
  }

  #useDraft() {
    this.#text.reply = this.#text.draftUsed = this.#draft;
    byId("reply-text").value = this.#draft;
    this.write("reply");
    byId("reply-text").setSelectionRange(this.#draft.length, this.#draft.length);
  }

  async #submit(mode) {
    const text = this.#text;
    const words = text[mode].trim();
    if (!words || this.#busy || (mode === "reply" && this.#locked)) return;
    this.#setBusy(true);
    try {
      this.alert("");
      await this.#send[mode](words);
      this.#sent(text, mode);
    } catch (refusal) {
      if (refusal.code !== "stale") this.alert(`Not sent. ${refusal.message}`);
    } finally {
      this.#setBusy(false);
      this.#look();
    }
  }

  #sent(text, mode) {
    text[mode] = "";
    if (mode === "reply") Object.assign(text, { draftUsed: null, draftSpent: this.#draft });
    if (text !== this.#text) return;
    byId(`${mode}-text`).value = "";
    byId(`${mode}-text`).focus();
  }

  #setBusy(busy) {
    this.#busy = busy;
    byId("composer").toggleAttribute("data-busy", busy);
    for (const field of [byId("reply-text"), byId("note-text")]) field.readOnly = busy;
  }

  #look() {
    const { mode, reply, note, draftUsed } = this.#text;
    byId("composer").dataset.mode = mode;
    for (const each of ["reply", "note"]) {
      byId(`${each}-form`).hidden = mode !== each;
      byId(`mode-${each}`).setAttribute("aria-pressed", String(mode === each));
      grow(byId(`${each}-text`));
    }
    byId("draft").hidden = !this.#draftOffered;
    byId("draft-text").textContent = this.#draft ?? "";
    const edited = draftUsed !== null && reply !== draftUsed;
    byId("draft-state").textContent = mode === "reply" && draftUsed !== null ? (edited ? "Draft, edited" : "Draft") : "";
    byId("draft-restore").hidden = !(mode === "reply" && edited && this.#draft);
    byId("reply-text").disabled = this.#locked;
    byId("reply-send").disabled = this.#locked || !reply.trim();
    byId("note-send").disabled = !note.trim();
  }
}

/** Fit the field to its text, by rows, since the page allows no inline style. */
function grow(field) {
  field.rows = NARROW.matches ? 1 : 2;
  const line = parseFloat(getComputedStyle(field).lineHeight);
  while (field.scrollHeight > field.clientHeight + 1 && field.rows * line < TALLEST_PX) field.rows += 1;
}
