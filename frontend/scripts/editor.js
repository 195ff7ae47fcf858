// The Markdown editor: CodeMirror over a textarea, which stays the field that is sent.
//
// CodeMirror writes its styles into a <style> element unless its root is a shadow tree, where it uses a constructed
// style sheet. Our Content-Security-Policy allows no inline style, so each editor stands in its own shadow tree.
import { defaultKeymap, history, historyKeymap } from "@codemirror/commands";
import { HighlightStyle, syntaxHighlighting } from "@codemirror/language";
import { markdown, markdownKeymap, markdownLanguage } from "@codemirror/lang-markdown";
import { EditorState, Transaction } from "@codemirror/state";
import { drawSelection, EditorView, keymap, placeholder } from "@codemirror/view";
import { tags } from "@lezer/highlight";

import { changesBetween } from "./difference.js";
import { hintsFor } from "./hints.js";
import { mentionsFor } from "./mentions.js";
import { element } from "./page.js";
import { pastingFor } from "./pasting.js";
import { commandKeymap, toolbar } from "./toolbar.js";

const look = EditorView.theme({
  "&": {
    border: "1px solid var(--line-strong)",
    borderRadius: "0 0 var(--bs-border-radius) var(--bs-border-radius)",
    color: "var(--ink)",
    backgroundColor: "var(--surface)",
    fontSize: "0.9063rem",
  },
  "&.cm-focused": { outline: "2px solid var(--focus)", outlineOffset: "-1px" },
  ".cm-scroller": { fontFamily: "var(--bs-body-font-family)", lineHeight: "1.5", maxHeight: "32rem", overflow: "auto" },
  ".cm-content": { padding: "0.5rem 0.375rem", caretColor: "var(--ink)" },
  ".cm-cursor": { borderLeftColor: "var(--ink)" },
  ".cm-placeholder": { color: "var(--ink-soft)" },
  "&.cm-focused .cm-selectionBackground, .cm-selectionBackground": {
    backgroundColor: "color-mix(in srgb, var(--accent) 24%, transparent) !important",
  },
});

const words = HighlightStyle.define([
  { tag: tags.heading, fontWeight: "650" },
  { tag: tags.strong, fontWeight: "650" },
  { tag: tags.emphasis, fontStyle: "italic" },
  { tag: tags.strikethrough, textDecoration: "line-through" },
  { tag: tags.link, color: "var(--accent)" },
  { tag: tags.url, color: "var(--accent)" },
  { tag: tags.monospace, fontFamily: "var(--bs-font-monospace)", fontSize: "0.9em" },
  { tag: tags.quote, color: "var(--ink-soft)" },
  { tag: tags.processingInstruction, color: "var(--ink-soft)" },
]);

/** The toolbar's styles, again as a constructed sheet. */
const toolSheet = new CSSStyleSheet();
toolSheet.replaceSync(`
  :host { display: block; }
  .tools {
    display: flex; flex-wrap: wrap; gap: 0.125rem; padding: 0.1875rem;
    border: 1px solid var(--line-strong); border-bottom: 0;
    border-radius: var(--bs-border-radius) var(--bs-border-radius) 0 0;
    background: var(--sunken);
  }
  .tools button {
    min-width: 2rem; min-height: 1.75rem; padding: 0 0.5rem; border: 0;
    border-radius: var(--bs-border-radius-sm); color: var(--ink); background: none;
    font: inherit; font-size: 0.8438rem; cursor: pointer;
  }
  .tools button:hover { background: var(--surface); }
  .tools button:focus-visible { outline: 2px solid var(--focus); outline-offset: -2px; }
  .is-previewed { display: none !important; }
  .tools button[aria-pressed="true"] { background: var(--surface); font-weight: 600; }
  .tools .hint { margin-left: auto; align-self: center; padding-right: 0.375rem; color: var(--ink-soft); font-size: 0.75rem; }
  @media (max-width: 575.98px) { .tools .hint { display: none; } }
`);

/** What a screen reader says of the field must also be said of the editor that stands in front of it. */
function describe(textarea) {
  const label = textarea.labels?.[0]?.textContent.trim().replace(/\s+/g, " ") || textarea.getAttribute("aria-label");
  const described = (textarea.getAttribute("aria-describedby") ?? "")
    .split(" ")
    .map((id) => (id ? document.getElementById(id)?.textContent.trim() : ""))
    .filter(Boolean)
    .join(" ");
  const attributes = { "aria-label": label || "Text", spellcheck: "true", autocapitalize: "sentences" };
  // An editable text is in the order of the Tab key by itself. Said once more, checkers know that a
  // long text can be scrolled with the keyboard.
  attributes.tabindex = "0";
  if (described) attributes["aria-description"] = described;
  if (textarea.required) attributes["aria-required"] = "true";
  if (textarea.getAttribute("aria-invalid") === "true") attributes["aria-invalid"] = "true";
  return attributes;
}

function mount(textarea) {
  const host = element("div", { class: "editor-host" });
  textarea.before(host);
  const shadow = host.attachShadow({ mode: "open", delegatesFocus: false });
  shadow.adoptedStyleSheets = [toolSheet];

  let fromTextarea = false;
  const sync = EditorView.updateListener.of((update) => {
    if (!update.docChanged || fromTextarea) return;
    textarea.value = update.state.doc.toString();
    textarea.dispatchEvent(new Event("input", { bubbles: true }));
  });
  const rows = Number(textarea.getAttribute("rows")) || 6;
  const view = new EditorView({
    root: shadow,
    state: EditorState.create({
      doc: textarea.value,
      extensions: [
        history(),
        drawSelection(),
        EditorView.lineWrapping,
        markdown({ base: markdownLanguage, completeHTMLTags: false, addKeymap: false }),
        syntaxHighlighting(words),
        placeholder(textarea.placeholder),
        EditorState.readOnly.of(textarea.readOnly || textarea.disabled),
        EditorView.contentAttributes.of(describe(textarea)),
        // Tab is not bound: it moves on to the next field, as everywhere else, and nobody is trapped.
        keymap.of([...commandKeymap, ...markdownKeymap, ...defaultKeymap, ...historyKeymap]),
        hintsFor(textarea),
        mentionsFor(textarea),
        pastingFor(textarea),
        look,
        EditorView.theme({ ".cm-content": { minHeight: `${rows * 1.5}em` } }),
        sync,
      ],
    }),
  });
  shadow.append(toolbar(view, textarea, host), view.dom);
  view.contentDOM.addEventListener("compositionstart", () => {
    textarea.dataset.composing = "";
  });
  view.contentDOM.addEventListener("compositionend", () => {
    delete textarea.dataset.composing;
  });

  textarea.classList.add("is-behind-editor");
  // Nobody sees the field now, and for dir="auto" Chromium looks through the whole text again at each of its lines:
  // minutes for a log of five megabytes.
  textarea.removeAttribute("dir");
  // A hidden field that is required could never show the browser's message; the server checks it in any case.
  textarea.required = false;
  textarea.addEventListener("autosave:restored", () => {
    if (textarea.value === view.state.doc.toString()) return;
    fromTextarea = true;
    // Small changes, so that the caret and what is selected stay where they are; and none of the writer's own, so
    // that undoing takes back what they typed themselves.
    view.dispatch({
      changes: changesBetween(view.state.doc.toString(), view.state.toText(textarea.value).toString()),
      annotations: [Transaction.addToHistory.of(false), Transaction.remote.of(true)],
    });
    fromTextarea = false;
  });
  textarea.focus = () => view.focus();
  for (const label of textarea.labels ?? []) label.addEventListener("click", () => view.focus());
  textarea.form?.addEventListener("reset", () =>
    setTimeout(() => textarea.dispatchEvent(new Event("autosave:restored"))),
  );
  // Links from the list of gaps point at the id of the textarea, which is not shown.
  addEventListener("hashchange", () => {
    if (location.hash === `#${textarea.id}`) {
      host.scrollIntoView({ block: "center" });
      view.focus();
    }
  });
}

/** @param {ParentNode} root */
export function mountEditors(root) {
  for (const textarea of root.querySelectorAll('textarea[data-editor="markdown"]:not(.is-behind-editor)')) {
    mount(textarea);
  }
}
