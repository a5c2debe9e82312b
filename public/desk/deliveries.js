/** What could not be delivered to the helpdesk or by mail, and one more try by a click. */

import { api } from "./api.js";
import { byId, el, notice } from "./dom.js";
import { exactWords } from "./words.js";

const LOOK_MS = 30_000;

const WHY = {
  http_401: "the other side refused our sign-in",
  http_403: "the other side refused our sign-in",
  http_404: "the ticket is not there any more",
  http_422: "the other side would not take it",
  close_code_unknown: "the helpdesk has no such close code",
  address_unusable: "the customer's address cannot be looked up",
};
const KINDS = { ticket: "Ticket", mail: "Mail", news: "News from the helpdesk" };

export class Deliveries {
  #timer = null;

  constructor() {
    byId("deliveries-open").addEventListener("click", () => byId("deliveries").showModal());
  }

  start() {
    this.stop();
    this.#timer = setInterval(() => this.refresh(), LOOK_MS);
    this.refresh();
  }

  stop() {
    clearInterval(this.#timer);
  }

  async refresh() {
    try {
      this.#draw((await api.deliveries()).letters);
    } catch (refusal) {
      // The queue's own line says when there is no connection.
      if (refusal.status === undefined) throw refusal;
    }
  }

  #draw(letters) {
    const open = byId("deliveries-open");
    open.hidden = !letters.length;
    open.textContent = letters.length === 1 ? "1 not delivered" : `${letters.length} not delivered`;
    byId("deliveries-list").replaceChildren(...letters.map((letter) => this.#row(letter)));
    byId("deliveries-none").hidden = letters.length > 0;
  }

  #row(letter) {
    const why = WHY[letter.error] ?? letter.error;
    const button = el("button", { type: "button", class: "button small", onclick: () => this.#retry(letter, button) }, "Try again");
    const line = el("span", { class: "muted small" }, `${exactWords(letter.since)} · ${why}`);
    return el("li", { class: "delivery" }, el("span", { class: "delivery-what" }, `${KINDS[letter.kind] ?? letter.kind} ${letter.key}`, line), button);
  }

  async #retry(letter, button) {
    button.disabled = true;
    try {
      await api.retryDelivery(letter.id);
      notice("It is on its way again.");
    } catch (refusal) {
      notice(refusal.message, "bad");
    }
    await this.refresh();
  }
}
