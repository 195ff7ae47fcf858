// Times are rendered by the server in the zone of their reader. Here those with data-relative become
// "5 minutes ago", kept up to date, and the zone of the browser is offered where it is another.

const relative = new Intl.RelativeTimeFormat("en", { numeric: "auto" });
const STEPS = [
  ["minute", 60, 3600],
  ["hour", 3600, 86400],
  ["day", 86400, 30 * 86400],
];

function ago(instant) {
  const seconds = Math.round((instant.getTime() - Date.now()) / 1000);
  const size = Math.abs(seconds);
  if (size < 45) return "just now";
  for (const [unit, length, limit] of STEPS) {
    if (size < limit) return relative.format(Math.trunc(seconds / length) || Math.sign(seconds), unit);
  }
  return null;
}

function showRelative(node) {
  const text = ago(new Date(node.dateTime));
  if (text !== null && node.textContent !== text) node.textContent = text;
}

/**
 * True when clocks in the two zones differ in winter or in summer: Asia/Calcutta is Asia/Kolkata.
 * @param {string} one
 * @param {string} other
 */
function clocksDiffer(one, other) {
  const year = new Date().getFullYear();
  return [0, 6].some((month) => {
    const instant = new Date(Date.UTC(year, month, 1));
    return instant.toLocaleString("en", { timeZone: one }) !== instant.toLocaleString("en", { timeZone: other });
  });
}

/** @param {HTMLElement} offer */
function offerZone(offer) {
  const here = Intl.DateTimeFormat().resolvedOptions().timeZone;
  const field = offer.querySelector("input[name=time_zone]");
  const button = offer.querySelector("button");
  try {
    if (!here || !field || !button || !clocksDiffer(here, offer.dataset.zoneOffer ?? "UTC")) return;
  } catch {
    return; // A zone that this browser does not know.
  }
  field.value = here;
  offer.querySelector("[data-zone-name]")?.replaceChildren(here);
  button.textContent = `Use ${here}`;
  offer.hidden = false;
}

/** @param {ParentNode} root */
export function startTimes(root) {
  for (const node of root.querySelectorAll("time[data-relative]")) {
    if (!Number.isNaN(new Date(node.dateTime).getTime())) showRelative(node);
  }
  root.querySelectorAll("[data-zone-offer]").forEach(offerZone);
}

setInterval(() => {
  if (!document.hidden) document.querySelectorAll("time[data-relative]").forEach(showRelative);
}, 30_000);
