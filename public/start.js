// The lab runs beside this server, on the same machine and a port of its own.
const { labPort = "8001" } = document.documentElement.dataset;
for (const link of document.querySelectorAll("[data-lab]")) {
  link.href = `${location.protocol}//${location.hostname}:${labPort}/`;
}
