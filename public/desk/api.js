/** Every call the desk makes, and what a refused one looks like. */

const ROOT = "/api/desk";
const PATIENCE_MS = 20_000;

let csrf = "";
let whenSignedOut = () => {};

/** A call that was not granted: `status` 0 means that no answer came. */
export class Refusal extends Error {
  constructor(status, body) {
    super(body.error ?? (status === 429 ? "Too fast. Wait a moment, then try again." : "Something went wrong on our side. Try again."));
    this.status = status;
    this.code = body.code ?? "";
    this.body = body;
  }
}

/** Have `listener` called whenever the session is over. */
export function onSignedOut(listener) {
  whenSignedOut = listener;
}

/** Return the raw answer of a GET, for streams. */
export async function get(path, signal) {
  const response = await fetch(ROOT + path, { signal, headers: { Accept: "application/x-ndjson, application/json" } });
  return granted(response, path);
}

async function granted(response, path) {
  if (response.ok) return response;
  const body = await response.json().catch(() => ({}));
  if (response.status === 401 && path !== "/login" && path !== "/me") whenSignedOut();
  throw new Refusal(response.status, body);
}

async function call(method, path, body) {
  const headers = { Accept: "application/json" };
  if (body) Object.assign(headers, { "Content-Type": "application/json", "X-CSRF": csrf });
  const request = { method, headers, body: body && JSON.stringify(body), signal: AbortSignal.timeout(PATIENCE_MS) };
  const response = await granted(await fetch(ROOT + path, request).catch(silence), path);
  const text = await response.text();
  return text ? JSON.parse(text) : {};
}

function silence() {
  throw new Refusal(0, { error: "No connection. Nothing is lost; try again in a moment.", code: "offline" });
}

async function signedIn(answer) {
  const session = await answer;
  csrf = session.csrf;
  return session.operator;
}

const inside = (id) => `/conversations/${encodeURIComponent(id)}`;
const decision = (id, approval) => `${inside(id)}/approvals/${encodeURIComponent(approval)}`;

export const api = {
  me: () => signedIn(call("GET", "/me")),
  login: (operator, password) => signedIn(call("POST", "/login", { operator, password })),
  logout: () => call("POST", "/logout", {}),
  operators: () => call("GET", "/operators"),
  queue: () => call("GET", "/queue"),
  conversation: (id) => call("GET", inside(id)),
  claim: (id) => call("POST", `${inside(id)}/claim`, {}),
  release: (id) => call("POST", `${inside(id)}/release`, {}),
  say: (id, text, seen) => call("POST", `${inside(id)}/say`, { text, seen }),
  note: (id, text) => call("POST", `${inside(id)}/note`, { text }),
  approve: (id, approval) => call("POST", `${decision(id, approval)}/approve`, {}),
  deliveries: () => call("GET", "/deliveries"),
  retryDelivery: (letter) => call("POST", `/deliveries/${encodeURIComponent(letter)}/retry`, {}),
  reject: (id, approval, reason) => call("POST", `${decision(id, approval)}/reject`, { reason }),
};

/** Return the path of a conversation's stream after a cursor. */
export function eventsPath(id, after) {
  return `${inside(id)}/events?after=${encodeURIComponent(after)}`;
}
