/** Follows an NDJSON stream for as long as it is wanted, through every drop. */

import { get } from "./api.js";

const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 15_000;
//: The server pings every 15 seconds; two missed ones mean that nobody is there.
const SILENCE_MS = 40_000;

/**
 * Call `onLines` with each batch of parsed lines and `onState` with "live", "broken" or "gone".
 * `path` is asked anew for each connection, so it can carry the latest cursor. Returns a function that stops.
 */
export function follow(path, { onLines, onState }) {
  const end = new AbortController();
  keepFollowing(path, { onLines, onState, end });
  return () => end.abort();
}

async function keepFollowing(path, { onLines, onState, end }) {
  let pause = FIRST_PAUSE_MS;
  while (!end.signal.aborted) {
    try {
      await readOnce(path(), end.signal, async (lines) => {
        pause = FIRST_PAUSE_MS;
        onState("live");
        await onLines(lines);
      });
    } catch (fault) {
      if (end.signal.aborted) return;
      if (fault.status === 401) return;
      if (fault.status === 404 || fault.status === 403) return onState("gone");
      if (fault.status === undefined && !isDrop(fault)) console.error(fault);
    }
    if (end.signal.aborted) return;
    onState("broken");
    await sleep(pause * (0.75 + Math.random() / 2), end.signal);
    pause = Math.min(pause * 2, LONGEST_PAUSE_MS);
  }
}

function isDrop(fault) {
  return fault instanceof TypeError || fault.name === "AbortError";
}

async function readOnce(path, ended, onLines) {
  const connection = new AbortController();
  const stop = () => connection.abort();
  ended.addEventListener("abort", stop, { once: true });
  let watch = setTimeout(stop, SILENCE_MS);
  try {
    const response = await get(path, connection.signal);
    await onLines([]);
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    let rest = "";
    for (let part = await reader.read(); !part.done; part = await reader.read()) {
      clearTimeout(watch);
      watch = setTimeout(stop, SILENCE_MS);
      const lines = (rest + part.value).split("\n");
      rest = lines.pop();
      await onLines(lines.filter(Boolean).map((line) => JSON.parse(line)).filter((line) => line.kind !== "ping"));
    }
  } finally {
    clearTimeout(watch);
    ended.removeEventListener("abort", stop);
  }
}

/** Wait, but not longer than until the network is back or nobody cares any more. */
function sleep(milliseconds, signal) {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      window.removeEventListener("online", done);
      signal.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, milliseconds);
    window.addEventListener("online", done);
    signal.addEventListener("abort", done);
  });
}
