/** Builds elements. Text always goes in as text; only `serverHtml` takes markup, and only the server's sanitized kind. */

const SVG = "http://www.w3.org/2000/svg";

const ICONS = {
  check: "M3.5 8.5l3 3 6-7",
  cross: "M4 4l8 8M12 4l-8 8",
  wait: "M8 4.5V8l2.5 1.5M14 8A6 6 0 1 1 2 8a6 6 0 0 1 12 0z",
  lock: "M5 7V5a3 3 0 0 1 6 0v2M3.5 7h9v6.5h-9z",
  person: "M8 8a2.75 2.75 0 1 0 0-5.5A2.75 2.75 0 0 0 8 8zM3 13.5c.5-2.6 2.5-4 5-4s4.5 1.4 5 4",
  link: "M6 3H3v10h10v-3M9 3h4v4M13 3L7 9",
  sound: "M3 6v4h2.5L9 13V3L5.5 6zM11.5 5.5a3.5 3.5 0 0 1 0 5",
  mute: "M3 6v4h2.5L9 13V3L5.5 6zM11.5 6.5l3 3M14.5 6.5l-3 3",
  help: "M6 6.2C6 5 6.9 4.2 8 4.2s2 .8 2 1.9c0 1.4-2 1.5-2 3.1M8 11.7v.1M14 8A6 6 0 1 1 2 8a6 6 0 0 1 12 0z",
  leave: "M9.5 3H3v10h6.5M7 8h7M11.5 5.5L14 8l-2.5 2.5",
  down: "M8 3v10M4 9l4 4 4-4",
  receipt: "M4 2.5h8v11l-2-1.3-2 1.3-2-1.3-2 1.3zM6.5 6h3M6.5 8.5h3",
};

/** Return a new element; `on…` props are listeners, the others attributes (null, undefined and false are left out). */
export function el(tag, props = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children.filter((child) => child !== null && child !== undefined && child !== false));
  return node;
}

/** Return the element of the page with this id. */
export function byId(id) {
  return document.getElementById(id);
}

/** Return a 16 px line icon that screen readers skip. */
export function icon(name) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", "0 0 16 16");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", ICONS[name]);
  svg.append(path);
  return svg;
}

/** Return an element with markup the server has sanitized; its links open beside the desk. */
export function serverHtml(markup) {
  const node = el("div", { class: "prose" });
  node.innerHTML = markup;
  for (const link of node.querySelectorAll("a[href]")) {
    link.target = "_blank";
    link.rel = "noopener noreferrer";
  }
  return node;
}

/** Return a link that opens beside the desk, or plain text when the address is not a web address. */
export function outsideLink(address, label) {
  const url = URL.canParse(address, location.href) ? new URL(address, location.href) : null;
  if (!url || !["http:", "https:"].includes(url.protocol)) return document.createTextNode(label);
  return el("a", { href: url.href, target: "_blank", rel: "noopener noreferrer" }, label);
}

/** Return a table of label and value rows. */
export function facts(rows) {
  const pairs = rows.map(([label, value]) => el("div", { class: "fact" }, el("dt", {}, label), el("dd", {}, value)));
  return el("dl", { class: "facts" }, ...pairs);
}

/** Return a round mark with somebody's initials. */
export function avatar(person, kind = "operator") {
  return el("span", { class: `avatar avatar-${kind}`, "aria-hidden": "true" }, person.initials ?? initialsOf(person.name));
}

function initialsOf(name) {
  const parts = (name ?? "").split(/\s+/).filter(Boolean);
  return parts.length ? (parts[0][0] + (parts.length > 1 ? parts.at(-1)[0] : "")).toUpperCase() : "?";
}

/** Say one thing at the edge of the page for a few seconds. */
export function notice(text, tone = "plain") {
  const node = el("p", { class: `notice notice-${tone}` }, text);
  byId("notices").replaceChildren(node);
  setTimeout(() => node.remove(), tone === "bad" ? 8000 : 3500);
}
