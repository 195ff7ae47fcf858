// Times are rendered by the server in UTC. Here the local time becomes the title of each <time datetime>,
// and those with data-relative read as "5 minutes ago", kept up to date.

const local = new Intl.DateTimeFormat(undefined, { dateStyle: "full", timeStyle: "short" });
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

/** @param {ParentNode} root */
export function startTimes(root) {
  for (const node of root.querySelectorAll("time[datetime]")) {
    // A day without a clock time has no zone to convert from.
    if (!node.dateTime.includes("T")) continue;
    const instant = new Date(node.dateTime);
    if (Number.isNaN(instant.getTime())) continue;
    node.title = `${local.format(instant)} your time · ${node.dateTime.slice(0, 16).replace("T", " ")} UTC`;
    if ("relative" in node.dataset) showRelative(node);
  }
}

setInterval(() => {
  if (!document.hidden) document.querySelectorAll("time[data-relative]").forEach(showRelative);
}, 30_000);
