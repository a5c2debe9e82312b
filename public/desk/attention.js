/** Quiet by default: a count in the title and, if wanted, a sound, and only for the operator's own conversations. */

import { byId, icon } from "./dom.js";

const KEPT_AS = "desk.sound";
const TITLE = document.title;

export class Attention {
  #seen = new Map();
  #unread = new Set();
  #audio = null;
  #sound = localStorage.getItem(KEPT_AS) === "on";
  #onUnread;

  constructor({ onUnread }) {
    this.#onUnread = onUnread;
    byId("sound").addEventListener("click", () => this.#toggleSound());
    this.#drawSound();
  }

  /** Learn which of the operator's own conversations changed; the one being looked at is never unread. */
  notice(rows, me, open) {
    const yours = rows.filter((row) => row.holder?.id === me.id);
    const before = this.#unread.size;
    for (const row of yours) {
      const looking = row.conversation === open && !document.hidden;
      const isNew = this.#seen.has(row.conversation) && this.#seen.get(row.conversation) !== row.updated_at;
      if (looking) this.#unread.delete(row.conversation);
      else if (isNew) this.#unread.add(row.conversation);
      this.#seen.set(row.conversation, row.updated_at);
    }
    const held = new Set(yours.map((row) => row.conversation));
    for (const conversation of this.#unread) if (!held.has(conversation)) this.#unread.delete(conversation);
    if (this.#unread.size > before) this.#ring();
    this.#tell();
  }

  /** Forget the news of a conversation that is now looked at. */
  read(conversation) {
    if (!document.hidden && this.#unread.delete(conversation)) this.#tell();
  }

  #tell() {
    document.title = this.#unread.size ? `(${this.#unread.size}) ${TITLE}` : TITLE;
    this.#onUnread(this.#unread);
  }

  #toggleSound() {
    this.#sound = !this.#sound;
    localStorage.setItem(KEPT_AS, this.#sound ? "on" : "off");
    this.#drawSound();
    this.#ring();
  }

  #drawSound() {
    byId("sound").setAttribute("aria-pressed", String(this.#sound));
    byId("sound").replaceChildren(icon(this.#sound ? "sound" : "mute"));
  }

  #ring() {
    if (!this.#sound) return;
    this.#audio ??= new AudioContext();
    const now = this.#audio.currentTime;
    const tone = new OscillatorNode(this.#audio, { type: "sine", frequency: 660 });
    const volume = new GainNode(this.#audio, { gain: 0.05 });
    volume.gain.exponentialRampToValueAtTime(0.0001, now + 0.25);
    tone.connect(volume).connect(this.#audio.destination);
    tone.start(now);
    tone.stop(now + 0.25);
  }
}
