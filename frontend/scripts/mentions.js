// Names while somebody writes: @ offers people and services, # incidents that the writer may read. Arrow keys choose,
// Enter takes, Escape leaves; a screen reader hears the list as it hears every list of suggestions.
import { autocompletion } from "@codemirror/autocomplete";
import { EditorView } from "@codemirror/view";

const ASKED = /(?:^|[\s(])[@#][\p{L}\p{N}._-]{1,40}/u;

function written(item) {
  if (item.kind === "person") return `@${item.name} `;
  return item.link ? `[${item.name}](${item.link}) ` : `${item.name} `;
}

function asking(url) {
  return async (context) => {
    const found = context.matchBefore(ASKED);
    if (!found) return null;
    const start = found.text.search(/[@#]/);
    const mark = found.text[start];
    const words = found.text.slice(start + 1);
    try {
      const answer = await fetch(`${url}?${new URLSearchParams({ mark, q: words })}`, {
        headers: { Accept: "application/json" },
        credentials: "same-origin",
        redirect: "error",
      });
      if (!answer.ok || context.aborted) return null;
      const { items } = await answer.json();
      return {
        from: found.from + start,
        options: items.map((item) => ({ label: item.name, detail: item.about, apply: written(item) })),
        // The server has chosen; what it found need not begin with what was typed.
        filter: false,
      };
    } catch {
      return null;
    }
  };
}

const look = EditorView.theme({
  ".cm-tooltip-autocomplete > ul": { fontFamily: "var(--bs-body-font-family)", maxHeight: "14rem" },
  ".cm-tooltip-autocomplete > ul > li": { padding: "0.25rem 0.625rem", lineHeight: "1.4" },
  ".cm-tooltip-autocomplete > ul > li[aria-selected]": { backgroundColor: "var(--accent)", color: "var(--accent-ink)" },
  ".cm-completionDetail": { marginLeft: "0.5rem", fontStyle: "normal", opacity: "1" },
});

/**
 * @param {HTMLTextAreaElement} textarea
 * @returns {import("@codemirror/state").Extension}
 */
export function mentionsFor(textarea) {
  const url = textarea.dataset.mentions;
  if (!url || textarea.readOnly || textarea.disabled) return [];
  return [autocompletion({ override: [asking(url)], icons: false, closeOnBlur: true, maxRenderedOptions: 12 }), look];
}
