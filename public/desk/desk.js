/** The desk: puts the panes together and signs operators in and out. */

import { api, onSignedOut } from "./api.js";
import { Attention } from "./attention.js";
import { Context } from "./context.js";
import { Conversation } from "./conversation.js";
import { Deliveries } from "./deliveries.js";
import { avatar, byId, icon, notice } from "./dom.js";
import { listen } from "./keys.js";
import { askWho } from "./login.js";
import { Queue } from "./queue.js";
import { spoken } from "./words.js";

let me = null;

const queue = new Queue({ onOpen: openByAddress, onRows: rowsChanged });
const context = new Context({ hold: () => conversation.hold(), onDecided: () => conversation.refresh() });
const conversation = new Conversation({
  queue,
  onDetail: (detail) => context.show(detail),
  onNotes: (notes) => context.showNotes(notes),
});
const attention = new Attention({ onUnread: (unread) => queue.showUnread(unread) });
const deliveries = new Deliveries();

function rowsChanged(rows) {
  const waiting = rows.filter((row) => row.state === "waiting" && !row.holder).length;
  byId("tab-queue-count").hidden = !waiting;
  byId("tab-queue-count").textContent = String(waiting);
  conversation.queueChanged(rows);
  attention.notice(rows, me, conversation.id);
}

/** The open conversation is in the address, so that reload and back keep it. */
function openByAddress(id) {
  const address = `#${encodeURIComponent(id)}`;
  if (location.hash === address) return showPane("conversation");
  location.hash = address;
}

function openFromAddress() {
  const id = decodeURIComponent(location.hash.slice(1)) || null;
  if (id !== conversation.id) conversation.open(id);
  queue.opened(id);
  attention.read(id);
  showPane(id ? "conversation" : "queue");
}

/** On a narrow screen one pane is seen at a time; on a wide one this changes nothing. */
function showPane(name) {
  byId("desk").dataset.pane = name;
  for (const tab of byId("tabs").children) tab.setAttribute("aria-current", String(tab.dataset.pane === name));
}

function write(mode) {
  showPane("conversation");
  conversation.write(mode);
}

function decide() {
  if (!context.waiting.length) return notice("Nothing waits for approval here.");
  showPane("context");
  context.toApproval();
}

function find() {
  showPane("queue");
  byId("queue-search").focus();
  byId("queue-search").select();
}

function step(by) {
  showPane("queue");
  queue.move(by);
}

const KEYS = [
  { keys: ["j"], repeats: true, says: "Next in the queue", does: () => step(1) },
  { keys: ["k"], repeats: true, says: "Previous in the queue", does: () => step(-1) },
  { keys: ["Enter"], says: "Open", does: () => queue.openMarked() },
  { keys: ["c"], says: "Claim", does: () => conversation.claim() },
  { keys: ["r"], says: "Reply", does: () => write("reply") },
  { keys: ["n"], says: "Note for colleagues", does: () => write("note") },
  { keys: ["a"], says: "To the approval; once more approves it", does: decide },
  { keys: ["x"], says: "Release", does: () => conversation.release() },
  { keys: ["/"], says: "Search the queue", does: find },
  { keys: ["?"], says: "This page", does: () => byId("help").showModal() },
];

async function start(operator) {
  me = operator;
  byId("me-avatar").replaceWith(Object.assign(avatar(me), { id: "me-avatar" }));
  byId("me-name").textContent = me.name;
  byId("me-role").textContent = spoken(me.role);
  byId("desk").hidden = false;
  queue.start(me);
  conversation.start(me);
  deliveries.start();
  openFromAddress();
}

async function signIn(lead) {
  queue.stop();
  conversation.stop();
  deliveries.stop();
  byId("desk").hidden = true;
  await start(await askWho(lead));
}

async function signOut() {
  try {
    await api.logout();
    location.replace("/desk");
  } catch (refusal) {
    notice(refusal.message, "bad");
  }
}

async function enter() {
  try {
    await start(await api.me());
  } catch (refusal) {
    if (refusal.status === undefined) throw refusal;
    await signIn(refusal.status === 401 ? "Who is at the desk?" : refusal.message);
  }
}

byId("help-open").append(icon("help"));
byId("logout").append(icon("leave"));
byId("help-open").addEventListener("click", () => byId("help").showModal());
byId("logout").addEventListener("click", signOut);
for (const tab of byId("tabs").children) tab.addEventListener("click", () => showPane(tab.dataset.pane));
window.addEventListener("hashchange", openFromAddress);
document.addEventListener("visibilitychange", () => attention.read(conversation.id));
onSignedOut(() => byId("login").hidden && signIn("Your session has ended. Sign in again; nothing you typed is lost."));
listen(KEYS);
enter();
