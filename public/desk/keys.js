/** The keyboard: single keys outside of fields, and a page that lists them. */

import { byId, el } from "./dom.js";

/**
 * Run `does` for its `keys`; each row is `{keys, says, does, repeats}` and the help page lists them in this order.
 * A key held down counts once unless it `repeats`: approving must take two strokes.
 */
export function listen(rows) {
  const byKey = new Map(rows.flatMap((row) => row.keys.map((key) => [key, row])));
  byId("help-keys").replaceChildren(...rows.map(helpRow));
  document.addEventListener("keydown", (pressed) => {
    if (pressed.defaultPrevented || pressed.ctrlKey || pressed.metaKey || pressed.altKey || pressed.isComposing) return;
    if (byId("help").open || byId("desk").hidden) return;
    if (pressed.key === "Escape") return leaveField();
    const row = byKey.get(pressed.key.length === 1 ? pressed.key.toLowerCase() : pressed.key);
    if (!row || isField(pressed.target) || (pressed.key === "Enter" && isControl(pressed.target))) return;
    pressed.preventDefault();
    if (!pressed.repeat || row.repeats) row.does();
  });
}

function helpRow({ keys, says }) {
  const names = keys.map((key) => el("kbd", {}, key.length === 1 ? key.toUpperCase() : key));
  return el("div", { class: "help-row" }, el("dt", {}, ...names), el("dd", {}, says));
}

function isField(target) {
  return target.matches?.("textarea, input, select, [contenteditable]") ?? false;
}

function isControl(target) {
  return target.matches?.("button, a[href], summary") ?? false;
}

/** Escape leaves a field for the queue, so that the single keys work again. */
function leaveField() {
  if (!isField(document.activeElement)) return;
  const row = document.querySelector('.row[aria-current="true"]') ?? document.querySelector('.row[tabindex="0"]');
  if (row?.offsetParent) row.focus();
  else document.activeElement.blur();
}
