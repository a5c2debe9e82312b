// Shows the mails of the demo store and asks for new ones every two seconds while somebody looks.

const list = document.querySelector("#mails");
const state = document.querySelector("#state");
const shown = new Set();
let first = true;

function element(tag, text, className) {
  const made = document.createElement(tag);
  if (text) made.textContent = text;
  if (className) made.className = className;
  return made;
}

/** A six-digit code deserves to be seen from across the room, and copied with one click. */
function codeRow(text) {
  const code = text.match(/(?<![\d.,$#-])\d{3}[ ]?\d{3}(?!\d|[.,-]\d)/)?.[0].replace(" ", "");
  if (!code) return null;
  const row = element("div", "", "code");
  const copy = element("button", "Copy code");
  copy.addEventListener("click", async () => {
    await navigator.clipboard.writeText(code);
    copy.textContent = "Copied";
  });
  row.append(element("b", code), copy);
  return row;
}

function mailItem({ to, subject, text, at }, fresh) {
  const item = element("li", "", fresh ? "fresh" : "");
  const header = element("header");
  const time = element("time", new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" }).format(new Date(at)));
  time.dateTime = at;
  header.append(element("span", `To ${to}`), time);
  item.append(header, element("h2", subject), element("pre", text));
  const code = /code/i.test(subject + text) && codeRow(text);
  if (code) item.append(code);
  return item;
}

function tell(text) {
  if (state.textContent !== text) state.textContent = text;
  state.hidden = !text;
}

async function refresh() {
  const answer = await fetch("/api/demo/mailbox", { cache: "no-store" });
  if (!answer.ok) throw new Error(`mailbox: ${answer.status}`);
  const mails = (await answer.json()).sort((a, b) => Date.parse(a.at) - Date.parse(b.at));
  for (const mail of mails) {
    const key = JSON.stringify(mail);
    if (shown.has(key)) continue;
    shown.add(key);
    list.prepend(mailItem(mail, !first));
  }
  first = false;
  tell(mails.length ? "" : "No mail yet. Ask the chat for something that needs a code, and it will land here.");
}

for (;;) {
  if (!document.hidden) await refresh().catch(() => tell("The mailbox can’t be reached just now. Trying again…"));
  await new Promise((done) => setTimeout(done, 2000));
}
