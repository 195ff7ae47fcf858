// Live parts: elements with data-live poll by htmx. A part that holds somebody's focus, selection, open menu or
// unsaved typing is never replaced; a quiet line says that something newer waits. Nothing is asked while the tab
// is hidden, and a lost connection is said once, quietly, until it is back.
import htmx from "htmx.org";

import { csrfToken, element } from "./page.js";

const line = element("div", { class: "live-line", role: "status", "aria-live": "polite" });
const lastAnswer = new Map();
const waiting = new Set();

function say(state, text, ...extra) {
  if (line.dataset.state === state) return;
  line.dataset.state = state;
  line.replaceChildren(text, ...extra);
}

function quiet(...states) {
  if (states.includes(line.dataset.state)) {
    delete line.dataset.state;
    line.replaceChildren();
  }
}

function isChanged(control) {
  // Without a `selected` option the browser chooses the first, so only a choice that somebody made counts.
  if (control instanceof HTMLSelectElement) return control.dataset.touched === "";
  if (control.type === "checkbox" || control.type === "radio") return control.checked !== control.defaultChecked;
  return control.value !== control.defaultValue;
}

function isInUse(part) {
  const focused = document.activeElement;
  // htmx gives the focus back to an element of the same id, so a focused link or button with an id may be replaced.
  if (focused && part.contains(focused) && !(focused.id && focused.matches("a, button, summary"))) return true;
  const selection = document.getSelection();
  if (selection && !selection.isCollapsed && part.contains(selection.anchorNode)) return true;
  if (part.querySelector("details[open]:not([data-open-at-first])")) return true;
  return [...part.querySelectorAll("input:not([type=hidden]), textarea, select")].some(isChanged);
}

function fetchNow(part) {
  htmx.trigger(part, "refresh");
}

function offerNewer() {
  const show = element("button", { type: "button", class: "btn-link-like" }, "Show now");
  show.addEventListener("click", () => {
    const parts = [...waiting];
    waiting.clear();
    quiet("waiting");
    for (const id of parts) {
      const part = document.getElementById(id);
      if (!part) continue;
      part.dataset.replaceAnyway = "";
      fetchNow(part);
    }
  });
  say("waiting", "Newer content waits while you work here. ", show);
}

function isLive(target) {
  return target instanceof Element && target.hasAttribute("data-live");
}

/** @param {(root: ParentNode) => void} dress gives new content its times, editors and autosave */
export function startLive(dress) {
  document.body.append(line);

  document.body.addEventListener("htmx:configRequest", (event) => {
    if (event.detail.verb !== "get") event.detail.headers["X-CSRFToken"] = csrfToken();
  });

  document.body.addEventListener("htmx:beforeRequest", (event) => {
    if (isLive(event.detail.elt) && document.hidden) event.preventDefault();
  });

  document.body.addEventListener("htmx:beforeSwap", (event) => {
    const part = event.detail.target;
    if (!isLive(part) || !isLive(event.detail.elt)) return;
    const answer = event.detail.xhr.responseText;
    const forced = "replaceAnyway" in part.dataset;
    if (!forced && lastAnswer.get(part.id) === answer) {
      event.detail.shouldSwap = false;
    } else if (!forced && event.detail.shouldSwap && isInUse(part)) {
      event.detail.shouldSwap = false;
      waiting.add(part.id);
      offerNewer();
    } else if (event.detail.shouldSwap) {
      delete part.dataset.replaceAnyway;
      lastAnswer.set(part.id, answer);
      waiting.delete(part.id);
      if (waiting.size === 0) quiet("waiting");
    }
  });

  document.body.addEventListener("htmx:afterRequest", (event) => {
    // After the swap htmx names the parent here, because the element that asked is gone from the page.
    if (!isLive(event.detail.requestConfig?.elt)) return;
    const status = event.detail.xhr?.status ?? 0;
    if (status === 401 || status === 403 || status === 404) {
      // Signed out, or no longer allowed: asking again would only repeat the refusal.
      const again = element("a", { href: location.href }, "Reload the page");
      say("refused", "This page is no longer kept up to date. ", again);
    } else if (status === 0 || status >= 500) {
      say("lost", "Connection lost, retrying…");
    } else {
      quiet("lost", "refused");
    }
  });

  document.body.addEventListener("htmx:afterSettle", (event) => dress(event.detail.elt.parentElement ?? document));

  document.addEventListener("change", (event) => {
    if (event.target instanceof HTMLSelectElement) event.target.dataset.touched = "";
  });

  document.addEventListener("visibilitychange", () => {
    if (!document.hidden) document.querySelectorAll("[data-live]").forEach(fetchNow);
  });
}
