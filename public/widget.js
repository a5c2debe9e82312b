/**
 * <support-chat server="https://chat.example" identity-endpoint="/chat-identity" brand="Larkspur">
 *
 * Who is signed in: `element.identity = async () => jwt | null`, or a POST to the endpoint, answered `{"identity": jwt | null}`.
 * The page calls `element.refreshIdentity()` at sign-in and sign-out. Colours: `--chat-…`; words: `element.words`.
 */

import { WORDS } from "./widget-words/en.js";

const LIGHT = `
  --chat-accent: #474bb3; --chat-on-accent: #fff; --chat-accent-text: #3f43a8; --chat-tint: #eeeefa;
  --chat-bg: #fff; --chat-agent: #f3f2ee; --chat-operator: #e6f2ec; --chat-ink: #1d1e28; --chat-mute: #5e6070;
  --chat-line: #e3e1dc; --chat-ok: #22704a; --chat-danger: #ae2a20; color-scheme: light;`;
const DARK = `
  --chat-accent: #5f63d6; --chat-accent-text: #b4b7ff; --chat-tint: #262842;
  --chat-bg: #16171e; --chat-agent: #24262f; --chat-operator: #1d332b; --chat-ink: #ececf3; --chat-mute: #a2a4b6;
  --chat-line: #33353f; --chat-ok: #74cfa1; --chat-danger: #ff9a8f; color-scheme: dark;`;

const CSS = `
:host { all: initial; ${LIGHT} --chat-radius: 14px; --chat-font: system-ui, -apple-system, sans-serif;
  position: fixed; inset-inline-end: 20px; bottom: 20px; z-index: 2147483000; font: 15px/22px var(--chat-font); color: var(--chat-ink); }
:host([theme="dark"]) { ${DARK} }
@media (prefers-color-scheme: dark) { :host(:not([theme="light"])) { ${DARK} } }
*, ::before, ::after { box-sizing: border-box; }
[hidden] { display: none !important; }
p, ul, ol, dl, dd, h2, h3, pre, blockquote, button, input, textarea { margin: 0; }
button, input, textarea, h2, h3 { font: inherit; color: inherit; }
h2, h3 { font-weight: 650; }
button { cursor: pointer; border: 0; padding: 0; background: none; text-align: inherit; }
button:disabled { cursor: default; opacity: .55; }
:focus-visible { outline: 2px solid var(--chat-accent-text); outline-offset: 2px; }
svg { display: block; width: 20px; height: 20px; flex: none; fill: none; stroke: currentColor; stroke-width: 1.8; stroke-linecap: round; stroke-linejoin: round; }
.sr { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
.small { font-size: 13px; line-height: 18px; color: var(--chat-mute); }
.link { color: var(--chat-accent-text); font-weight: 600; min-height: 28px; }
.link:hover:enabled { text-decoration: underline; }
.solid { background: var(--chat-accent); color: var(--chat-on-accent); }
.solid:hover:enabled { filter: brightness(1.1); }
.outline { border: 1px solid var(--chat-line); }
.outline:hover:enabled, .round:hover, .menu button:hover:enabled { background: var(--chat-tint); }

#launcher { width: 56px; height: 56px; border-radius: 50%; display: grid; place-items: center; position: relative; box-shadow: 0 4px 16px rgb(25 25 50 / .3); }
#launcher svg { width: 26px; height: 26px; }
#unread { position: absolute; top: -3px; inset-inline-end: -3px; min-width: 21px; padding: 0 5px; border-radius: 11px; background: #c2352a;
  color: #fff; font: 700 12px/21px var(--chat-font); text-align: center; }
#panel { position: fixed; inset-inline-end: 20px; bottom: 20px; width: 400px; height: min(640px, 85vh); display: flex; flex-direction: column;
  background: var(--chat-bg); border-radius: 18px; box-shadow: 0 0 0 1px var(--chat-line), 0 16px 48px rgb(25 25 50 / .25); overflow: hidden; animation: rise .15s; }
@keyframes rise { from { opacity: 0; transform: translateY(12px); } }
header { display: flex; align-items: center; padding: 12px 8px 12px 16px; border-bottom: 1px solid var(--chat-line); }
header div { min-width: 0; }
.title { flex: 1; padding-inline: 12px; }
#face { overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
#mark, .initials { width: 36px; height: 36px; border-radius: 11px; display: grid; place-items: center; font-weight: 650; flex: none; }
.initials { border-radius: 50%; background: #2c6a50; color: #fff; font-size: 13px; }
.who .initials { width: 24px; height: 24px; font-size: 11px; margin-inline-end: 8px; }
.round { width: 40px; height: 40px; display: grid; place-items: center; border-radius: 10px; color: var(--chat-mute); }
#more { position: relative; }
.menu { position: absolute; inset-inline-end: 0; top: 44px; z-index: 2; width: 230px; padding: 6px; background: var(--chat-bg);
  border-radius: 12px; box-shadow: 0 0 0 1px var(--chat-line), 0 8px 24px rgb(25 25 50 / .25); }
.menu button { display: flex; gap: 12px; width: 100%; padding: 9px 12px; border-radius: 8px; }

.view { position: relative; flex: 1; min-height: 0; display: flex; }
#scroll { flex: 1; overflow-y: auto; overscroll-behavior: contain; padding: 16px; }
#scroll:focus-visible { outline-offset: -3px; }
#intro h3 { font-size: 21px; line-height: 28px; padding: 4px 0 6px; }
#starters { display: grid; gap: 8px; padding-top: 16px; }
#starters button { display: flex; justify-content: space-between; align-items: center; padding: 11px 14px; border-radius: 12px; }
#starters svg { width: 16px; height: 16px; color: var(--chat-accent-text); }
#jump { position: absolute; bottom: 8px; inset-inline: 0; margin: auto; width: max-content; padding: 4px 16px; border-radius: 20px; }

.row { display: flex; flex-direction: column; align-items: flex-start; margin-top: 16px; }
.next { margin-top: 4px; }
.me { align-items: flex-end; }
.gap { padding-bottom: 16px; }
.gap, .line { align-self: center; align-items: center; }
.who { display: flex; align-items: center; padding: 0 4px 4px; }
.says { display: flex; align-items: center; gap: 8px; max-width: 100%; }
.me .says { flex-direction: row-reverse; }
.bubble { max-width: min(100%, 312px); min-width: 0; padding: 9px 14px; border-radius: 5px var(--chat-radius) var(--chat-radius);
  background: var(--chat-agent); overflow-wrap: anywhere; }
.operator .bubble { background: var(--chat-operator); }
.me .bubble { background: var(--chat-accent); color: var(--chat-on-accent); border-radius: var(--chat-radius) var(--chat-radius) 5px; white-space: pre-wrap; }
#pending .bubble { opacity: .75; }
#pending .failed .bubble { opacity: 1; background: none; color: inherit; box-shadow: inset 0 0 0 1.5px var(--chat-danger); }
.bubble > * + * { margin-top: 8px; }
ul, ol { padding-inline-start: 20px; }
.bubble a { color: var(--chat-accent-text); }
pre { white-space: pre-wrap; }
time { white-space: nowrap; opacity: 0; }
.row:hover time { opacity: 1; }
.state { padding: 4px 4px 0; text-align: end; }
.log .row:not(:last-child) .state { display: none; }
.failed .state { color: var(--chat-danger); }
.sources { display: flex; flex-wrap: wrap; gap: 6px; padding-top: 6px; }
.sources a { display: flex; gap: 6px; align-items: center; color: var(--chat-accent-text); text-decoration: none; border-radius: 8px; padding: 3px 9px; }
.sources svg, .stub svg { width: 14px; height: 14px; }

.card { width: 100%; max-width: 340px; border-radius: var(--chat-radius); padding: 14px 16px 16px; }
.card h3 { font-size: 16px; display: flex; gap: 8px; }
.card > * + *, .card form > * + * { margin-top: 10px; }
.card .ok { color: var(--chat-ok); }
dl { display: grid; grid-template-columns: auto 1fr; font-size: 14px; line-height: 20px; }
dt, dd { padding: 6px 0; border-top: 1px solid var(--chat-line); overflow-wrap: anywhere; }
dt { color: var(--chat-mute); padding-inline-end: 16px; }
dd { text-align: end; font-variant-numeric: tabular-nums; }
.acts, #chips { display: flex; flex-wrap: wrap; gap: 8px; }
.acts .solid, .acts .outline { flex: 1 0 auto; padding: 8px 16px; min-height: 40px; border-radius: 10px; text-align: center; font-weight: 600; }
.settled { border-style: dashed; }
.stub { display: flex; gap: 6px; align-items: center; }
.code { width: 100%; padding: 9px; text-align: center; border-radius: 10px; border: 1px solid var(--chat-mute); background: none;
  font: 600 22px/28px ui-monospace, Menlo, monospace; letter-spacing: .28em; }

#now { padding: 16px 4px 0; color: var(--chat-mute); display: flex; gap: 10px; animation: show .15s .2s both; }
@keyframes show { from { opacity: 0; } }
.dots { display: flex; gap: 4px; align-items: center; height: 22px; }
.dots i { width: 6px; height: 6px; border-radius: 50%; background: currentColor; animation: dot 1.2s infinite; }
.dots :nth-child(2) { animation-delay: .15s; }
.dots :nth-child(3) { animation-delay: .3s; }
@keyframes dot { 0%, 60%, 100% { opacity: .3; } 30% { opacity: 1; } }
#chips { padding-top: 12px; }
#chips button { border-color: var(--chat-accent-text); color: var(--chat-accent-text); font-weight: 600; border-radius: 20px; padding: 7px 14px; }

#note { padding: 8px 16px; background: var(--chat-tint); }
#note:empty { display: none; }
#form { border-top: 1px solid var(--chat-line); padding: 10px 12px 0 16px; display: flex; align-items: flex-end; gap: 8px; }
#form:focus-within { border-color: var(--chat-accent-text); }
#grow { flex: 1; display: grid; min-width: 0; }
#grow::after { content: attr(data-text) " "; white-space: pre-wrap; visibility: hidden; overflow-wrap: anywhere; }
#text, #grow::after { grid-area: 1 / 1; padding: 9px 0; max-height: 150px; min-width: 0; }
#text { resize: none; border: 0; background: none; outline: none; }
::placeholder { color: var(--chat-mute); opacity: 1; }
#send { width: 40px; height: 40px; border-radius: 12px; display: grid; place-items: center; flex: none; }
#send:disabled { background: var(--chat-agent); color: var(--chat-mute); opacity: 1; }
footer { display: flex; justify-content: space-between; align-items: center; padding: 4px 16px 8px; }

@media (max-width: 480px) {
  #panel { inset: var(--vv-top, 0) 0 auto; width: auto; height: var(--vv-height, 100dvh); border-radius: 0;
    padding-top: env(safe-area-inset-top); padding-bottom: env(safe-area-inset-bottom); }
  #text { font-size: 16px; }
}
@media (hover: none) { time { display: none; } }
@media (prefers-reduced-motion: reduce) { * { animation: none !important; } }
@media (forced-colors: active) { .bubble, .solid { border: 1px solid; } }
`;

/** The fixed parts; `{key}` is one of `WORDS`. */
const FRAME = `
<button id="launcher" class="solid" aria-haspopup="dialog" data-icon="chat"><span class="sr">{launch}</span><span id="unread" hidden></span></button>
<section id="panel" role="dialog" aria-label="{launch}" tabindex="-1" hidden>
  <header>
    <slot id="slot" name="mark"><div id="mark" class="solid" aria-hidden="true"></div></slot>
    <div id="initials" class="initials" aria-hidden="true" hidden></div>
    <div class="title"><h2 id="brand"></h2><p id="face" class="small"></p></div>
    <div id="more">
      <button id="menuButton" class="round" aria-label="{menu}" aria-expanded="false" data-icon="menu"></button>
      <div id="menu" class="menu" hidden>
        <button id="menuPerson" data-icon="person">{person}</button>
        <button id="save" data-icon="save">{transcript}</button>
        <button id="sound" data-icon="sound" >{soundOff}</button>
      </div>
    </div>
    <button id="close" class="round" aria-label="{close}" data-icon="close"></button>
  </header>
  <div class="view">
    <div id="scroll" role="region" aria-label="{log}" tabindex="0"><div id="flow">
      <div id="intro"><h3>{hello}</h3><p id="about"></p></div>
      <div id="starters" role="group" aria-label="{starters}" hidden></div>
      <div id="log" class="log" role="log" aria-live="polite" aria-label="{log}"></div>
      <div id="pending"></div>
      <div id="chips" role="group" aria-label="{answers}" hidden></div>
      <div id="now" hidden></div>
    </div></div>
    <button id="jump" class="solid" hidden>{newer}</button>
  </div>
  <div id="note" class="small" role="status"></div>
  <form id="form">
    <label id="grow"><span class="sr">{write}</span><textarea id="text" rows="1" placeholder="{write}" enterkeyhint="send" dir="auto"></textarea></label>
    <button id="attach" class="round" type="button" aria-label="{attach}" data-icon="clip"></button>
    <input id="file" type="file" accept="image/*,.pdf" multiple hidden>
    <button id="send" class="solid" aria-label="{send}" data-icon="send" disabled></button>
  </form>
  <footer class="small"><span id="foot"></span><button id="person" class="link"></button></footer>
</section>`;

const ICONS = {
  chat: "M4 4h16v13h-9l-5 4v-4H4zM8 9h8M8 13h5",
  close: "M6 6l12 12M18 6L6 18",
  menu: "M5 11h2v2H5zM11 11h2v2h-2zM17 11h2v2h-2z",
  send: "M12 19V5M6 11l6-6 6 6",
  clip: "M19 11l-8 8a5 5 0 0 1-7-7l8-8a3 3 0 0 1 5 5l-8 8",
  person: "M12 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8zM4 20a8 8 0 0 1 16 0",
  save: "M12 4v11M7 10l5 5 5-5M5 20h14",
  sound: "M5 9v6h3l5 4V5L8 9zM17 9a4 4 0 0 1 0 6",
  done: "M5 12l5 5 9-10",
  go: "M9 6l6 6-6 6",
  article: "M7 4h7l4 4v12H7zM10 12h5M10 16h5",
};

/** Build an element; `on…` props are listeners, everything else an attribute. */
function h(tag, props = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (value) element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.flat().filter(Boolean));
  return element;
}

const parse = (html) => new DOMParser().parseFromString(html, "text/html").body;
const icon = (name) => parse(`<svg viewBox="0 0 24 24" aria-hidden="true"><path d="${ICONS[name]}"/></svg>`).firstChild;

const KEPT = "p, br, b, strong, i, em, ul, ol, li, a[href], code, pre, blockquote";

/** Rebuild html from a few tags, with no attribute but a checked href. */
function safe(html, base) {
  const body = parse(html);
  body.querySelectorAll("script, style, template, svg, math").forEach((node) => node.remove());
  for (const node of body.querySelectorAll("*")) {
    const href = outward(node.getAttribute("href"), base);
    const kept = node.matches(KEPT) && h(node.localName, href ? away(href) : {});
    if (kept) kept.append(...node.childNodes);
    node.replaceWith(...(kept ? [kept] : node.childNodes));
  }
  return [...body.childNodes];
}

const away = (href) => ({ href, target: "_blank", rel: "noopener noreferrer" });

/** The absolute address of a link that may be followed, else null. */
function outward(href, base) {
  try {
    const url = new URL(href ?? "", base);
    return href && /^(https?|mailto|tel):$/.test(url.protocol) ? url.href : null;
  } catch {
    return null;
  }
}

const fill = (text, values) => text.replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);
const clock = (at, day) => at.toLocaleString([], { hour: "numeric", minute: "2-digit", ...day });
const seconds = (n) => new Promise((done) => setTimeout(done, n * 1000));

/** A random id, also on plain http. */
const uuid = () => URL.createObjectURL(new Blob()).slice(-36);

const RESUME_KEY = "support-chat:resume:";
const STATE_KEY = "support-chat:panel"; // open | closed, once opened in this tab
const KEPT_KEY = "support-chat:kept"; // typed, not sent
const SOUND_KEY = "support-chat:sound";

/** Web storage that a private window may refuse. */
const store = {
  get(area, key) { try { return globalThis[area][key] || null; } catch { return null; } },
  set(area, key, value) { try { globalThis[area][key] = value ?? ""; } catch { /* refused */ } },
};

const SILENCE = 40_000; // the server pings every 15 s

/** One identity's session, stream and outbox; it ends at sign-in or sign-out, so nothing arrives late. */
class Line {
  session = null;
  link = "connecting"; // connecting | open | lost | offline
  outbox = [];
  #life = new AbortController();
  #token = null;
  #goodUntil = 0;
  #opening = null;
  #cursor = "";
  #seen = new Set();
  #stream = null;
  #heard = 0;
  #tries = 0;
  #wake = () => {};
  #flushing = false;
  #quiet;
  #resume;

  constructor({ server, identity, ear }) {
    this.server = server;
    this.identity = identity;
    this.ear = ear;
    this.resumeKey = RESUME_KEY + server;
    this.#resume = store.get("localStorage", this.resumeKey);
    const on = (target, kind, heal) => target.addEventListener(kind, heal, { signal: this.#life.signal });
    on(document, "visibilitychange", () => (document.hidden ? this.#stream?.abort() : this.#heal()));
    on(window, "pagehide", () => this.#stream?.abort());
    on(window, "pageshow", () => this.#heal());
    on(window, "focus", () => this.#heal());
    on(window, "online", () => this.#heal(true));
    on(window, "offline", () => { this.#stream?.abort(); this.#says("offline"); });
    this.#run();
  }

  get #over() { return this.#life.signal.aborted; }

  end() {
    this.#life.abort();
    this.#stream?.abort();
    this.outbox = [];
    this.#wake();
  }

  /** Send when there is a connection; the client_id makes it one message. */
  say(message) {
    this.outbox.push(message);
    this.#flush();
  }

  arrived(clientId) {
    this.outbox = this.outbox.filter((message) => message.client_id !== clientId);
  }

  /** POST to the API; status 0 means that nothing answered. */
  async post(path, body, again = true) {
    try {
      const token = await this.#fresh();
      const answer = await this.#fetch(path, { method: "POST", body, token });
      if (answer.status === 401 && again) {
        if (this.#token === token) this.#token = null;
        return this.post(path, body, false);
      }
      return { status: answer.status, ok: answer.ok, body: await answer.json().catch(() => ({})), wait: Number(answer.headers.get("Retry-After")) || 5 };
    } catch {
      return { status: 0, body: {} };
    }
  }

  #fetch(path, { token, method = "GET", body, signal = AbortSignal.timeout(body?.size ? 60_000 : 15_000) }) {
    const headers = { "Content-Type": "application/json", ...(token && { Authorization: `Bearer ${token}` }) };
    if (body?.size) headers["X-File-Name"] = encodeURIComponent(body.name);
    else body &&= JSON.stringify(body);
    return fetch(`${this.server}/api/chat/${path}`, { method, body, headers, signal, cache: "no-store", credentials: "omit" });
  }

  #says(link) {
    if (this.#over || link === this.link) return;
    this.link = link;
    this.ear.link(link);
  }

  async #fresh() {
    if (this.#token && Date.now() < this.#goodUntil) return this.#token;
    this.#opening ??= this.#open().finally(() => { this.#opening = null; });
    return this.#opening;
  }

  async #open() {
    const identity = (await this.identity()) ?? null;
    if (identity) this.#remember(null);
    const answer = await this.#fetch("session", { method: "POST", body: { identity, resume: this.#resume } });
    if (this.#resume && [400, 401, 422].includes(answer.status)) {
      this.#remember(null);
      return this.#open();
    }
    if (!answer.ok) throw new Error(`session: ${answer.status}`);
    const session = await answer.json();
    if (this.#over) throw new Error("line ended");
    this.#remember(session.resume);
    const another = this.session && this.session.conversation !== session.conversation;
    this.session = session;
    this.#token = session.token;
    const life = session.expires_in * 1000;
    const renewIn = life - Math.min(30_000, life / 5);
    this.#goodUntil = Date.now() + renewIn;
    setTimeout(() => this.#over || document.hidden || this.#fresh().catch(() => {}), renewIn + 50);
    if (another) this.outbox = [];
    if (another) this.#forget(true);
    this.ear.session(session);
    if (!another) return session.token;
    this.#stream?.abort(); // what was on its way was meant for the conversation before
    throw new Error("another conversation");
  }

  #remember(resume) {
    if (this.#over) return;
    this.#resume = resume;
    store.set("localStorage", this.resumeKey, resume);
  }

  #forget(another) {
    this.#cursor = "";
    this.#seen.clear();
    this.ear.reset(another);
  }

  async #run() {
    while (!this.#over) {
      if (document.hidden) await new Promise((shown) => { this.#wake = shown; });
      else if (await this.#listen()) this.#tries = 0;
      else await this.#backOff();
    }
  }

  /** Wait longer after each failure, with a spread; any sign of life cuts it short. */
  async #backOff() {
    if (this.#over || document.hidden) return;
    this.#tries += 1;
    if (!navigator.onLine) this.#says("offline");
    else if (this.#tries > 1 || this.link === "connecting") this.#says("lost");
    const wait = Math.min(15, 0.4 * 2 ** this.#tries) * (0.7 + Math.random() * 0.6);
    await Promise.race([seconds(wait), new Promise((woken) => { this.#wake = woken; })]);
  }

  /** Read the stream to its end; true when it was ended on purpose or brought something. */
  async #listen() {
    const stream = (this.#stream = new AbortController());
    let watch;
    let brought = false;
    try {
      const token = await this.#fresh();
      if (stream.signal.aborted) return true;
      watch = setInterval(() => { if (Date.now() - this.#heard > SILENCE) stream.abort(); }, 5_000);
      this.#heard = Date.now();
      const answer = await this.#fetch(`events?after=${encodeURIComponent(this.#cursor)}`, { token, signal: stream.signal });
      if (answer.status === 401 && this.#token === token) this.#token = null;
      if (!answer.ok) return false;
      this.#says("open");
      this.#flush();
      brought = await this.#read(answer.body.getReader());
    } catch {
      // a dropped stream is normal: the cursor brings the rest
    } finally {
      clearInterval(watch);
      clearTimeout(this.#quiet);
    }
    return !this.#over && (stream.signal.aborted || brought);
  }

  async #read(reader) {
    const text = new TextDecoder();
    let rest = "";
    let brought = false;
    this.#settle();
    for (;;) {
      const { done, value } = await reader.read();
      if (done || this.#over) {
        if (brought) await seconds(0.3);
        return brought;
      }
      this.#heard = Date.now();
      brought = true;
      const lines = (rest + text.decode(value, { stream: true })).split("\n");
      rest = lines.pop();
      lines.filter(Boolean).forEach((line) => this.#take(JSON.parse(line)));
      this.#settle();
    }
  }

  /** A short quiet is taken for the end of the history. */
  #settle() {
    clearTimeout(this.#quiet);
    this.#quiet = setTimeout(() => this.#over || this.ear.caughtUp(), 250);
  }

  #take(event) {
    if (event.kind === "ping") return;
    if (event.kind === "reset") return this.#forget(false);
    if (this.#seen.has(event.cursor)) return;
    this.#seen.add(event.cursor);
    this.#cursor = event.cursor;
    this.ear.event(event);
  }

  /** A stream may be dead after sleep or a change of network: start it anew from the cursor. */
  #heal(certainlyDead = false) {
    if (certainlyDead || Date.now() - this.#heard > 20_000) this.#stream?.abort();
    this.#tries = 0;
    this.#wake();
    this.#flush();
  }

  async #flush() {
    if (this.#flushing) return;
    this.#flushing = true;
    while (this.outbox.length && navigator.onLine && !this.#over) {
      const message = this.outbox[0];
      const { client_id, text } = message;
      this.ear.message(message, "sending");
      const { status, ok, body, wait } = await this.post("messages", { text, client_id });
      if (this.#over) return;
      if (!this.outbox.includes(message)) continue;
      if (!status || status > 501) {
        this.ear.message(message, "queued");
        await seconds(2);
        continue;
      }
      this.#wake();
      this.arrived(client_id);
      if (status === 429) this.ear.slow(message, wait);
      else this.ear.message(message, ok ? "sent" : "failed", body.error);
    }
    this.#flushing = false;
  }
}

const MASK = "••••••";

class SupportChat extends HTMLElement {
  #ui = {};
  #line = null;
  #mode; // agent | waiting | held
  #operator; // the operator_joined event while someone holds the conversation
  #last; // {who, at} of the newest row, for grouping and time gaps
  #cards; // offer id → {card, offer}
  #rows = new Map(); // client_id → row, until the log confirms it
  #code; // the code card that still takes input
  #known; // the session has been seen once
  #live; // the history is shown: what comes now is new
  #asked; // a person was asked for
  #unread = 0;
  #pinned = true;
  #end;
  #paused;
  #pause;
  #stale;

  connectedCallback() {
    if (!this.shadowRoot) this.#build();
    const state = store.get("sessionStorage", STATE_KEY);
    if (state) this.#connect();
    if (state === "open") this.#show();
  }

  disconnectedCallback() {
    this.#line?.end();
    this.#line = null;
  }

  /** Open the panel; `draft` fills an empty composer, and is not sent. */
  open(draft = "") {
    this.#connect();
    this.#show();
    if (draft && !this.#ui.text.value) this.#draft(draft);
    this.#rest();
  }

  close() {
    this.#ui.panel.hidden = true;
    this.#ui.launcher.hidden = false;
    store.set("sessionStorage", STATE_KEY, "closed");
    this.#ui.launcher.focus();
  }

  /** At sign-in and sign-out: forget the former customer, then ask who is there now. */
  refreshIdentity() {
    const talking = Boolean(this.#line);
    this.#line?.end();
    this.#line = null;
    store.set("localStorage", RESUME_KEY + this.#server, null);
    store.set("sessionStorage", KEPT_KEY, null);
    if (!this.shadowRoot) return;
    this.#draft("");
    this.#clear();
    if (talking) this.#connect();
  }

  get #company() { return this.#line?.session?.company ?? this.getAttribute("brand") ?? "this shop"; }

  get #agent() { return this.#line?.session?.agent ?? "AI agent"; }

  get #server() { return (this.getAttribute("server") ?? "").replace(/\/$/, ""); }

  #w(key, values) {
    return fill(this.words?.[key] ?? WORDS[key], { brand: this.#company, ...values });
  }

  async #identity() {
    // the page's own scripts may set `identity` after this one has run
    if (document.readyState !== "complete") await new Promise((loaded) => window.addEventListener("load", loaded));
    if (typeof this.identity === "function") return this.identity();
    const endpoint = this.getAttribute("identity-endpoint");
    if (!endpoint) return null;
    const answer = await fetch(endpoint, { method: "POST", headers: { "Content-Type": "application/json" }, body: "{}" });
    if (answer.status === 401) return null;
    if (!answer.ok) throw new Error(`identity: ${answer.status}`);
    return (await answer.json()).identity;
  }

  #connect() {
    if (this.#line) return;
    this.#known = false;
    this.#clear();
    this.#line = new Line({
      server: this.#server,
      identity: () => this.#identity(),
      ear: {
        session: (session) => this.#session(session),
        event: (event) => this.#hear(event),
        caughtUp: () => this.#caughtUp(),
        reset: (another) => this.#clear(another),
        link: () => this.#tellLink(),
        message: (message, state, error) => this.#mark(message, state, error),
        slow: (message, wait) => this.#slow(message, wait),
      },
    });
  }

  #build() {
    const root = this.attachShadow({ mode: "open" });
    const words = Object.fromEntries(Object.keys(WORDS).map((key) => [key, this.#w(key)]));
    root.append(...parse(fill(FRAME, words)).childNodes);
    root.querySelectorAll("[data-icon]").forEach((part) => part.prepend(icon(part.dataset.icon)));
    const ui = (this.#ui = Object.fromEntries([...root.querySelectorAll("[id]")].map((part) => [part.id, part])));
    const [sheet, fit] = [new CSSStyleSheet(), new CSSStyleSheet()];
    sheet.replaceSync(CSS);
    root.adoptedStyleSheets = [sheet, fit];

    const clicks = {
      launcher: () => this.open(), close: () => this.close(), menuButton: () => this.#menu(ui.menu.hidden), jump: () => this.#pin(),
      person: () => this.#askPerson(), menuPerson: () => this.#askPerson(), attach: () => ui.file.click(), save: () => this.#save(), sound: () => this.#toggleSound(),
    };
    root.addEventListener("click", ({ target }) => {
      clicks[target.closest("button")?.id]?.();
      if (!ui.more.contains(target)) this.#menu(false);
    });
    ui.panel.onkeydown = (event) => this.#escape(event);
    ui.scroll.onscroll = () => this.#scrolled();
    ui.form.onsubmit = (event) => this.#submit(event);
    ui.text.oninput = () => this.#typed();
    ui.file.onchange = () => this.#attach(ui.file);
    ui.panel.ondragover = (event) => event.preventDefault();
    ui.panel.ondrop = (event) => this.#attach(event.dataTransfer, event);
    ui.text.onpaste = (event) => this.#attach(event.clipboardData, event);
    ui.text.onkeydown = (event) => this.#key(event);
    const keepEnd = new ResizeObserver(() => this.#follow());
    keepEnd.observe(ui.flow);
    keepEnd.observe(ui.scroll);
    // iOS does not shrink dvh for its keyboard
    const seen = window.visualViewport;
    seen?.addEventListener("resize", () => seen.scale === 1 && fit.replaceSync(`:host { --vv-height: ${seen.height}px; --vv-top: ${seen.offsetTop}px; }`));
    this.#clear();
    this.#soundOn();
  }

  /** Show nothing of the conversation; with `pending`, nothing that is still to be sent either. */
  #clear(pending = true) {
    const ui = this.#ui;
    this.#mode = "agent";
    this.#operator = this.#last = this.#code = null;
    this.#cards = new Map();
    this.#live = this.#asked = false;
    if (pending) this.#rows.clear();
    if (pending) ui.pending.replaceChildren();
    ui.log.replaceChildren();
    ui.log.setAttribute("aria-busy", "true");
    this.#chips([]);
    this.#now(null);
    this.#note("");
    this.#count(0);
    this.#face();
    this.#starters();
    this.#pinned = true;
  }

  #session(session) {
    this.#face();
    if (this.#known) return;
    this.#known = true;
    this.#ui.starters.replaceChildren(...session.starters.map(({ label, text }) =>
      h("button", { class: "outline", onclick: () => { this.#say(text); this.#rest(); } }, label, icon("go"))));
    const kept = JSON.parse(store.get("sessionStorage", KEPT_KEY) ?? "{}");
    if (kept.conversation !== session.conversation) return;
    if (!this.#ui.text.value) this.#draft(kept.draft);
    kept.queue.filter(({ client_id }) => !this.#rows.has(client_id)).forEach((message) => this.#echo(message));
  }

  #caughtUp() {
    this.#live = true;
    this.#ui.log.removeAttribute("aria-busy");
    this.#starters();
  }

  #face() {
    const ui = this.#ui;
    const agent = this.#mode === "agent";
    const held = this.#mode === "held";
    ui.brand.textContent = this.#company;
    ui.about.textContent = this.#w("intro");
    ui.face.textContent = agent ? this.#agent : this.#w(held ? "operatorHere" : "personComing", this.#operator);
    ui.mark.textContent = this.#company[0];
    ui.initials.textContent = this.#operator?.initials;
    ui.initials.hidden = !(ui.slot.hidden = held);
    ui.foot.textContent = agent ? this.#w("foot") : "";
    ui.person.textContent = this.#w(this.#asked ? "asking" : "person");
    ui.person.hidden = !agent;
    ui.person.disabled = ui.menuPerson.disabled = this.#asked || !agent;
  }

  #starters() {
    const { log, pending, starters } = this.#ui;
    starters.hidden = !this.#live || log.children.length + pending.children.length > 0;
  }

  #show() {
    const { panel, launcher } = this.#ui;
    panel.hidden = false;
    launcher.hidden = true;
    store.set("sessionStorage", STATE_KEY, "open");
    this.#count(0);
  }

  /** Focus the composer; on touch screens the panel, so that no keyboard pops up. */
  #rest() {
    (matchMedia("(pointer: coarse)").matches ? this.#ui.panel : this.#ui.text).focus({ preventScroll: true });
  }

  #menu(open) {
    this.#ui.menu.hidden = !open;
    this.#ui.menuButton.setAttribute("aria-expanded", String(open));
  }

  #escape(event) {
    if (event.key !== "Escape" || event.isComposing) return;
    event.stopPropagation();
    if (this.#ui.menu.hidden) return this.close();
    this.#menu(false);
    this.#ui.menuButton.focus();
  }

  #scrolled() {
    const { scroll, jump } = this.#ui;
    const end = scroll.scrollHeight - scroll.clientHeight;
    // where the end has moved, new content scrolled, not the customer
    if (end === this.#end) this.#pinned = end - scroll.scrollTop < 48;
    if (this.#pinned) jump.hidden = true;
  }

  #follow() {
    const { scroll } = this.#ui;
    this.#end = scroll.scrollHeight - scroll.clientHeight;
    if (this.#pinned) this.#pin();
  }

  #pin() {
    this.#pinned = true;
    this.#ui.scroll.scrollTop = this.#ui.scroll.scrollHeight;
  }

  #count(n) {
    this.#unread = n;
    this.#ui.unread.hidden = !n;
    this.#ui.unread.replaceChildren(String(n), h("span", { class: "sr" }, this.#w("unread")));
  }

  #note(text) {
    this.#ui.note.dataset.text = text;
    this.#tellLink();
  }

  #tellLink() {
    const { note } = this.#ui;
    const link = this.#line?.link;
    const text = /lost|offline/.test(link) ? this.#w(link) : note.dataset.text;
    if (note.textContent !== text) note.textContent = text;
  }

  #draft(text) {
    this.#ui.text.value = text ?? "";
    this.#typed();
  }

  #typed() {
    const { text, grow, send, note } = this.#ui;
    const over = text.value.length - 4000;
    grow.dataset.text = text.value;
    send.disabled = !text.value.trim() || over > 0 || Boolean(this.#paused);
    if (over > 0) this.#note(this.#w("tooLong", { n: over }));
    else if (note.dataset.text && !this.#paused) this.#note("");
    this.#keep();
  }

  #keep() {
    const conversation = this.#line?.session?.conversation;
    if (!conversation) return;
    const queue = this.#line.outbox.filter((message) => !message.secret).map(({ client_id, text }) => ({ client_id, text }));
    store.set("sessionStorage", KEPT_KEY, JSON.stringify({ conversation, draft: this.#ui.text.value, queue }));
  }

  #key(event) {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    this.#ui.form.requestSubmit();
  }

  #submit(event) {
    event.preventDefault();
    if (this.#ui.send.disabled) return;
    const text = this.#ui.text.value;
    this.#draft("");
    this.#say(text, Boolean(this.#code) && /^\s*\d{6}\s*$/.test(text));
  }

  #say(text, secret = false) {
    const clean = text.replace(/[^\P{Cc}\n]/gu, " ").trim();
    if (clean) this.#echo({ client_id: uuid(), text: clean, secret });
  }

  #echo(message) {
    const body = message.secret ? MASK : message.text;
    const row = h("div", { class: "row me", "aria-live": "off" },
      h("div", { class: "says" }, h("div", { class: "bubble", dir: "auto" }, body)), h("div", { class: "state small" }));
    this.#rows.set(message.client_id, row);
    this.#ui.pending.append(row);
    this.#chips([]);
    this.#starters();
    this.#pin();
    this.#mark(message, "queued");
    this.#line.say(message);
    this.#keep();
  }

  #mark(message, state, error) {
    const row = this.#rows.get(message.client_id);
    if (!row) return;
    row.classList.toggle("failed", state === "failed");
    const again = () => { this.#mark(message, "queued"); this.#line.say(message); };
    const retry = h("button", { class: "link", onclick: again }, this.#w("retry"));
    row.lastChild.replaceChildren(...(state === "failed" ? [`${this.#w("failed")} ${error ?? ""} `, retry] : [this.#w(state)]));
    this.#keep();
  }

  async #attach(from, event) {
    const line = this.#line;
    const files = [...from.files];
    if (files.length) event?.preventDefault();
    this.#ui.file.value = "";
    for (const file of files) {
      this.#note(this.#w("attaching", { name: file.name }));
      const { ok, body } = file.size > 5_242_880 ? { body: { error: this.#w("tooLarge") } } : await line.post("uploads", file);
      if (line !== this.#line) return;
      this.#note(ok ? "" : body.error ?? this.#w("notDone"));
      if (!ok) return;
    }
  }

  /** Too fast: the text goes back to the composer. */
  #slow(message, wait) {
    this.#rows.get(message.client_id)?.remove();
    this.#rows.delete(message.client_id);
    this.#paused = true;
    if (!message.secret) this.#draft([message.text, this.#ui.text.value].filter(Boolean).join("\n"));
    this.#note(this.#w("slow", { n: wait }));
    this.#starters();
    clearTimeout(this.#pause);
    this.#pause = setTimeout(() => { this.#paused = false; this.#typed(); }, wait * 1000);
  }

  async #choose(choice, group) {
    const line = this.#line;
    const buttons = [...group.querySelectorAll("button")];
    buttons.forEach((button) => { button.disabled = true; });
    this.#rest();
    const { status, ok, body } = await line.post("choices", { choice });
    if (ok || line !== this.#line) return;
    if (status === 409) group.hidden = true;
    else buttons.forEach((button) => { button.disabled = false; });
    this.#note(body.error ?? this.#w("notDone"));
  }

  async #askPerson() {
    const line = this.#line;
    this.#menu(false);
    this.#asked = true;
    this.#face();
    this.#rest();
    const { ok, body } = await line.post("person", {});
    if (ok || line !== this.#line) return;
    this.#asked = false;
    this.#face();
    this.#note(body.error ?? this.#w("notDone"));
  }

  #save() {
    const text = [...this.#ui.log.children].map((row) => row.innerText).join("\n\n");
    const href = URL.createObjectURL(new Blob([text], { type: "text/plain" }));
    h("a", { href, download: `${this.#company}.txt` }).click();
    this.#menu(false);
  }

  #toggleSound() {
    store.set("localStorage", SOUND_KEY, this.#soundOn() ? null : "on");
    if (this.#soundOn()) this.#chime();
  }

  #soundOn() {
    const on = Boolean(store.get("localStorage", SOUND_KEY));
    this.#ui.sound.lastChild.data = this.#w(on ? "soundOn" : "soundOff");
    return on;
  }

  #chime() {
    const audio = new AudioContext();
    const [tone, volume] = [audio.createOscillator(), audio.createGain()];
    volume.gain.setValueAtTime(0.08, 0);
    volume.gain.exponentialRampToValueAtTime(0.0001, 0.4);
    tone.connect(volume).connect(audio.destination);
    tone.start();
    tone.stop(0.4);
    tone.onended = () => audio.close();
  }

  #hear(event) {
    this.#kinds[event.kind]?.(event);
    this.#starters();
    if (!this.#live || !/^(agent|operator)_said|^offer$/.test(event.kind)) return;
    const { panel, jump } = this.#ui;
    if (panel.hidden) this.#count(this.#unread + 1);
    if (this.#soundOn() && (panel.hidden || !document.hasFocus())) this.#chime();
    if (!this.#pinned) jump.hidden = false;
  }

  #kinds = {
    customer_said: (event) => {
      this.#line.arrived(event.client_id);
      this.#rows.get(event.client_id)?.remove();
      this.#rows.delete(event.client_id);
      this.#keep();
      if (event.text === MASK) this.#code?.used();
      else if (this.#code?.form.hidden) this.#code.retire();
      this.#mine(event, event.text);
    },
    customer_chose: (event) => this.#mine(event, event.label),
    attached: (event) => this.#mine(event, this.#w("received", event), true),
    progress: (event) => this.#now(event.text),
    agent_said: (event) => {
      const sources = event.sources.map(({ title, url }) => [title, outward(url, this.#base)]).filter(([, url]) => url);
      const row = this.#bubble("agent", { at: event.at, name: this.#agent }, safe(event.html, this.#base));
      if (sources.length) row.append(h("div", { class: "sources small" }, sources.map(([title, href]) =>
        h("a", { class: "outline", ...away(href) }, icon("article"), title))));
      const labels = event.choices.map(({ label }) => label).join("; ");
      if (labels) row.append(h("span", { class: "sr" }, `${this.#w("choices")} ${labels}`));
      this.#add(row);
      this.#untilFinished();
      if (event.choices.length) this.#chips(event.choices);
    },
    offer: (event) => {
      const acts = h("div", { class: "acts" }, [["solid", event.accept], ["outline", event.decline]].map(([look, { id, label }]) =>
        h("button", { class: look, onclick: () => this.#choose(id, acts) }, label)));
      const card = this.#card(event, h("h3", {}, event.title), facts(event.facts), acts);
      this.#cards.set(event.offer, { card, offer: event });
      this.#untilFinished();
    },
    offer_settled: ({ offer, result }) => {
      const known = this.#cards.get(offer);
      if (!known) return;
      const accepted = result === "accepted";
      known.card.classList.toggle("settled", !accepted);
      known.card.lastChild.replaceWith(h("p", { class: "stub small", "aria-live": "off" }, accepted && icon("done"),
        this.#w(result, { label: known.offer.decline.label })));
    },
    receipt: (event) => {
      const body = [h("h3", { class: "ok" }, icon("done"), event.title), facts([...event.facts, [this.#w("receipt"), event.receipt]])];
      const card = this.#cards.get(event.offer)?.card;
      if (card) card.replaceChildren(...body);
      else this.#card(event, ...body);
      card?.classList.remove("settled");
      this.#untilFinished();
    },
    code_requested: (event) => {
      this.#code?.retire();
      this.#code = this.#codeCard(event);
      this.#untilFinished();
    },
    handed_off: (event) => {
      this.#mode = "waiting";
      this.#asked = false;
      this.#chips([]);
      this.#card(event, h("h3", {}, icon("person"), this.#w("handedOff")), h("ul", {}, event.summary.map((line) => h("li", {}, line))),
        h("p", { class: "small" }, this.#w("handedOffHint")));
      this.#face();
      this.#untilFinished();
    },
    operator_joined: (event) => {
      this.#mode = "held";
      this.#operator = event;
      this.#asked = false;
      this.#now(null);
      this.#chips([]);
      this.#face();
      this.#system(event, this.#w("joined", event));
    },
    operator_said: (event) => this.#add(this.#bubble("operator", event, safe(event.html, this.#base))),
    operator_released: (event) => {
      this.#mode = "agent";
      this.#operator = null;
      this.#face();
      this.#system(event, this.#w("released", event));
    },
    turn_finished: () => {
      this.#asked = false;
      this.#now(null);
      this.#face();
    },
  };

  get #base() { return `${this.#server || location.origin}/`; }

  #mine(event, text, quiet) {
    const row = this.#bubble("me", { at: event.at, name: "" }, text);
    row.setAttribute("aria-live", "off");
    row.append(h("div", { class: "state small" }, this.#live && !quiet ? this.#w("sent") : ""));
    this.#add(row);
    this.#chips([]);
    if (this.#mode === "agent" && !quiet) this.#now("");
  }

  #bubble(side, { at, name, initials }, body) {
    const row = this.#row(side, at, name, initials);
    const date = new Date(at);
    row.append(h("div", { class: "says" }, side === "me" && h("span", { class: "sr" }, `${this.#w("you")}:`),
      h("div", { class: "bubble", dir: "auto" }, body), h("time", { class: "small", datetime: at }, clock(date))));
    return row;
  }

  /** Start a row, with the time after 15 quiet minutes and the speaker when it changes. */
  #row(side, at, name, initials) {
    const date = new Date(at);
    const who = `${side} ${name ?? ""}`;
    const silence = (date - (this.#last?.at ?? 0)) / 60_000;
    const next = this.#last?.who === who && silence < 5;
    this.#last = { who, at: date };
    return h("div", { class: `row ${side}${next ? " next" : ""}` },
      silence >= 15 && h("div", { class: "gap small" }, clock(date, { weekday: "short", day: "numeric", month: "short" })),
      !next && name && h("div", { class: "who small" }, initials && h("span", { class: "initials", "aria-hidden": "true" }, initials), name));
  }

  #add(row) {
    this.#ui.log.append(row);
  }

  #system(event, text) {
    this.#last = { who: "", at: new Date(event.at) };
    this.#add(h("div", { class: "row line small" }, text));
  }

  #card(event, ...body) {
    const row = this.#row("agent", event.at, this.#agent);
    const card = h("div", { class: "card outline", role: "group", "aria-atomic": "true", "aria-label": event.title }, ...body);
    row.append(card);
    this.#add(row);
    return card;
  }

  #codeCard(event) {
    const { destination, digits, minutes, resend } = event;
    const use = h("button", { class: "solid", disabled: true }, this.#w("codeUse"));
    const input = h("input", { class: "code", inputmode: "numeric", autocomplete: "one-time-code",
      "aria-label": this.#w("codeLabel", { digits }), oninput: () => {
        input.value = input.value.replace(/\D/g, "").slice(0, digits);
        use.disabled = input.value.length < digits;
      } });
    const anew = h("button", { type: "button", class: "link", onclick: () => this.#choose(resend.id, acts) });
    const acts = h("div", { class: "acts", "aria-live": "off" }, use, anew);
    const submit = (happening) => {
      happening.preventDefault();
      if (use.disabled) return;
      this.#say(input.value, true);
      this.#rest();
    };
    const form = h("form", { onsubmit: submit }, h("p", { class: "small" }, this.#w("codeSent", { destination, digits, minutes })), input, acts,
      h("p", { class: "small" }, this.#w("codeHelp")));
    const again = h("button", { class: "link", onclick: () => { form.hidden = false; stub.hidden = true; input.focus(); } }, this.#w("codeAgain"));
    const stub = h("p", { class: "stub small", hidden: true, "aria-live": "off" }, icon("done"), this.#w("codeUsed"), again);
    const card = this.#card(event, h("h3", {}, this.#w("codeTitle")), form, stub);
    const count = () => {
      const left = Math.min(30, Math.ceil((Date.parse(event.at) - Date.now()) / 1000 + 30));
      anew.disabled = left > 0;
      anew.textContent = left > 0 ? this.#w("codeWait", { n: left }) : resend.label;
      if (left > 0 && !form.hidden) setTimeout(count, 1000);
    };
    count();
    const used = () => {
      input.value = "";
      use.disabled = form.hidden = true;
      stub.hidden = false;
    };
    const retire = () => {
      used();
      again.hidden = true;
      card.classList.add("settled");
      this.#code = null;
    };
    return { form, used, retire };
  }

  #chips(choices) {
    const { chips } = this.#ui;
    chips.hidden = !choices.length;
    chips.replaceChildren(...choices.map(({ id, label }) => h("button", { class: "outline", onclick: () => this.#choose(id, chips) }, label)));
  }

  /** A real step's text, "" for dots, null for nothing; gone after a minute without news. */
  #now(text) {
    const { now } = this.#ui;
    clearTimeout(this.#stale);
    now.hidden = text === null;
    if (text === null) return;
    now.replaceChildren(h("span", { class: "dots", "aria-hidden": "true" }, h("i"), h("i"), h("i")),
      text ? h("span", {}, text) : h("span", { class: "sr" }, this.#w("typing")));
    this.#stale = setTimeout(() => this.#now(null), 60_000);
  }

  #untilFinished() {
    if (!this.#ui.now.hidden) this.#now("");
  }
}

/** The rows of a card. */
function facts(pairs) {
  return h("dl", {}, pairs.flatMap(([label, value]) => [h("dt", {}, label), h("dd", {}, value)]));
}

if (!customElements.get("support-chat")) customElements.define("support-chat", SupportChat);
