/** The desk's words: closed codes as people say them, dates and waiting times in the reader's locale. */

const REASONS = {
  asked_for_person: "Asked for a person",
  over_threshold: "Over the threshold",
  not_understood: "Not understood",
  unknown_outcome: "Outcome unknown",
  policy_conflict: "Policy conflict",
  refund_limit: "Refund limit",
  refused: "Refused by a gate",
  system_unavailable: "System down",
  not_authorised: "Not authorised",
  code_locked: "Code locked",
  proposal: "Proposal",
  trouble: "Trouble on our side",
};

const LEVELS = { 0: "Not signed in", 1: "Signed in", 2: "Confirmed by code", anonymous: "Not signed in", signed_in: "Signed in", stepped_up: "Confirmed by code" };

const APPROVAL_STATES = { waiting: "Waits for you", approved: "Approved", rejected: "Rejected", withdrawn: "Taken back", done: "Done", expired: "Expired" };

const APPROVAL_LINES = { waiting: "Approval asked for", approved: "Approved", rejected: "Approval rejected", withdrawn: "Taken back by the customer", done: "Approved and done", expired: "The approval expired" };

const OFFER_STATES = { open: "Waits for the customer", accepted: "Accepted", declined: "Declined", withdrawn: "Withdrawn" };

const GOOD = /^(ok|pass|passed|allow|allowed|done|completed|verified|yes|resolved|accepted)\b/i;
const BAD = /^(no\b|deny|denied|refuse|refused|fail|failed|blocked|rejected|error)/i;

const clock = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit" });
const dayOf = new Intl.DateTimeFormat(undefined, { weekday: "long", month: "long", day: "numeric" });
const dateOf = new Intl.DateTimeFormat(undefined, { month: "short", day: "numeric", year: "numeric" });
const exactOf = new Intl.DateTimeFormat(undefined, { dateStyle: "full", timeStyle: "medium" });
const near = new Intl.RelativeTimeFormat(undefined, { numeric: "auto" });

/** Return a code as words: `change_address` becomes "Change address". */
export function spoken(code) {
  const words = String(code ?? "").replaceAll("_", " ").trim();
  return words ? words[0].toUpperCase() + words.slice(1) : "";
}

export const reasonWords = (reason) => REASONS[reason] ?? spoken(reason);
export const levelWords = (level) => LEVELS[level] ?? spoken(level);
export const approvalWords = (state) => APPROVAL_STATES[state] ?? spoken(state);
export const approvalLine = (state) => APPROVAL_LINES[state] ?? spoken(state);
export const offerWords = (state) => OFFER_STATES[state] ?? spoken(state);
export const tierWords = (tier) => ({ vip: "VIP", enterprise: "Enterprise" })[tier] ?? "";

/** Return "good", "bad" or "open" for a verdict or outcome, so that colour follows meaning. */
export function toneOf(verdict) {
  if (GOOD.test(verdict)) return "good";
  return BAD.test(verdict) ? "bad" : "open";
}

export const timeWords = (iso) => clock.format(new Date(iso));
export const exactWords = (iso) => exactOf.format(new Date(iso));
export const dateWords = (iso) => dateOf.format(new Date(iso));

/** Return "Today", "Yesterday" or the weekday and date. */
export function dayWords(iso) {
  const days = Math.round((startOfDay(new Date()) - startOfDay(new Date(iso))) / 86_400_000);
  return days < 2 ? spoken(near.format(-days, "day")) : dayOf.format(new Date(iso));
}

function startOfDay(date) {
  return new Date(date.getFullYear(), date.getMonth(), date.getDate());
}

/** Return how long somebody has waited, by the minute: a ticking second would only make the desk nervous. */
export function waitWords(iso, now = Date.now()) {
  const minutes = Math.floor(Math.max(0, now - new Date(iso)) / 60_000);
  if (minutes < 1) return "now";
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  return hours < 24 ? `${hours} h ${minutes % 60} min` : `${Math.floor(hours / 24)} d`;
}

/** Return "calm", "due" (5 minutes) or "late" (15 minutes). */
export function waitTone(iso, now = Date.now()) {
  const minutes = (now - new Date(iso)) / 60_000;
  if (minutes >= 15) return "late";
  return minutes >= 5 ? "due" : "calm";
}

export const firstName = (name) => (name ?? "").split(/\s+/)[0] || "the customer";
