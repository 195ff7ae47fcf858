// Wording hints in the Markdown editor: soft underlines, and the question when the cursor stands in one. A plain
// field has them as a list (plainhints.js).
//
// Hooks, for whoever works on the editor:
//   hintsFor(textarea)        the CodeMirror extensions; [] unless the textarea has data-hints
//   data-hints="URL"          POST text -> {findings: [{start, end, text, category, name, question}]}, from 0
//   data-hints-dismiss="URL"  POST phrase, category, why -> 200, or 422 {errors: [{message}]}
//   [data-hint-line]          the words of the link to all hints, in the same form; they say how many there are
// Nothing here changes the text, moves it, or keeps anybody from typing: underlines take no room, only the
// paragraphs that changed are sent, and a question that was not answered is forgotten.
import { Prec, StateEffect, StateField } from "@codemirror/state";
import { Decoration, EditorView, keymap, showTooltip, ViewPlugin } from "@codemirror/view";

import { element, post } from "./page.js";

const DELAY_MS = 500;
// No answer may be longer, so nobody looks for words in one that is.
const LONGEST = 200_000;
// Offsets of the server count characters, those of the browser UTF-16 units.
const PAIR = /[\ud800-\udbff][\udc00-\udfff]/;

const replaceHints = StateEffect.define();
const forgetPhrase = StateEffect.define();
const closeCard = StateEffect.define();

function folded(text) {
  return text.trim().replace(/\s+/g, " ").toLowerCase();
}

function mark(finding) {
  return Decoration.mark({ class: "cm-wording", finding });
}

const hints = StateField.define({
  create: () => Decoration.none,
  update(marks, transaction) {
    let next = marks.map(transaction.changes);
    for (const effect of transaction.effects) {
      if (effect.is(replaceHints)) {
        const { from, to, findings } = effect.value;
        const add = findings
          .map((one) => ({ from: from + one.start, to: from + one.end, one }))
          .filter((place) => place.from < place.to && place.to <= transaction.newDoc.length)
          .map((place) => mark(place.one).range(place.from, place.to));
        next = next.update({ filter: (start, end) => end <= from || start >= to, add, sort: true });
      } else if (effect.is(forgetPhrase)) {
        next = next.update({ filter: (_start, _end, one) => folded(one.spec.finding.text) !== effect.value });
      }
    }
    return next;
  },
  provide: (field) => EditorView.decorations.from(field),
});

/** The hint that a place stands in, with its range. */
function hintAt(state, place) {
  let found = null;
  state.field(hints).between(place, place, (from, to, one) => {
    found = { from, to, finding: one.spec.finding };
    return false;
  });
  return found;
}

function card(view, place, dismissUrl) {
  const { finding } = place;
  const box = element(
    "div",
    { class: "cm-wording-card", role: "note" },
    element("strong", {}, finding.name),
    element("p", {}, finding.question),
  );
  if (dismissUrl) box.append(dismissForm(view, finding, dismissUrl));
  return box;
}

function dismissForm(view, finding, url) {
  const why = element("input", { type: "text", maxlength: "2000", "aria-label": "Why does the hint not fit here?" });
  const said = element("p", { role: "alert" });
  const send = element("button", { type: "button" }, "Put aside");
  const form = element("details", {}, element("summary", {}, "It does not fit here"), why, send, said);
  why.placeholder = "Why not?";
  const dismiss = async () => {
    const body = new URLSearchParams({ phrase: finding.text, category: finding.category, why: why.value });
    try {
      const answer = await post(url, body);
      if (answer.ok) {
        view.dispatch({ effects: [forgetPhrase.of(folded(finding.text)), closeCard.of(null)] });
        view.focus();
        return;
      }
      const told = answer.status === 422 ? await answer.json() : {};
      said.textContent = (told.errors ?? []).map((gap) => gap.message).join(" ") || "This could not be kept.";
    } catch {
      said.textContent = "There is no connection; nothing was kept.";
    }
  };
  send.addEventListener("click", dismiss);
  why.addEventListener("keydown", (event) => {
    if (event.key === "Enter") {
      event.preventDefault();
      dismiss();
    }
  });
  return form;
}

/** The card of the hint that the cursor was put into; while words are typed there is none. */
function cards(dismissUrl) {
  const tooltipFor = (state) => {
    const { main } = state.selection;
    const place = main.empty ? hintAt(state, main.head) : null;
    if (!place) return null;
    return { pos: place.from, above: false, create: (view) => ({ dom: card(view, place, dismissUrl) }) };
  };
  return StateField.define({
    create: () => null,
    update(shown, transaction) {
      if (transaction.docChanged || transaction.effects.some((effect) => effect.is(closeCard))) return null;
      if (transaction.selection) return tooltipFor(transaction.state);
      return shown;
    },
    provide: (field) => showTooltip.from(field),
  });
}

/** The paragraphs that a range touches, or the whole where a fence makes paragraphs depend on one another. */
function paragraphsAround(doc, from, to) {
  const text = doc.toString();
  if (text.includes("```") || text.includes("~~~") || text.includes("<")) return { from: 0, to: text.length };
  const before = text.lastIndexOf("\n\n", Math.max(0, from - 1));
  const after = text.indexOf("\n\n", to);
  return { from: before < 0 ? 0 : before + 2, to: after < 0 ? text.length : after };
}

/** Findings whose places count UTF-16 units, as the editor does. */
function inUnits(findings, text) {
  if (!PAIR.test(text)) return findings;
  const begins = [0];
  for (const letter of text) begins.push(begins[begins.length - 1] + letter.length);
  return findings.map((one) => ({ ...one, start: begins[one.start], end: begins[one.end] }));
}

function asking(url, textarea) {
  return ViewPlugin.fromClass(
    class {
      constructor(view) {
        this.view = view;
        this.timer = 0;
        this.round = 0;
        this.changed = view.state.doc.length ? { from: 0, to: view.state.doc.length } : null;
        this.line = textarea.form?.querySelector("[data-hint-line]") ?? null;
        if (this.changed) this.later(50);
      }

      update(update) {
        if (!update.docChanged) return;
        if (this.changed) {
          this.changed = { from: update.changes.mapPos(this.changed.from, -1), to: update.changes.mapPos(this.changed.to, 1) };
        }
        update.changes.iterChangedRanges((_fromA, _toA, from, to) => {
          const held = this.changed ?? { from, to };
          this.changed = { from: Math.min(held.from, from), to: Math.max(held.to, to) };
        });
        this.later(DELAY_MS);
      }

      destroy() {
        clearTimeout(this.timer);
        this.round += 1;
      }

      later(delay) {
        clearTimeout(this.timer);
        this.timer = setTimeout(() => this.ask(), delay);
      }

      async ask() {
        if (!this.changed) return;
        const { doc } = this.view.state;
        const range = paragraphsAround(doc, this.changed.from, Math.min(this.changed.to, doc.length));
        const text = doc.sliceString(range.from, range.to);
        this.changed = null;
        this.round += 1;
        const { round } = this;
        let findings = [];
        try {
          if (text.trim() && text.length <= LONGEST) {
            const answer = await post(url, new URLSearchParams({ text }));
            if (!answer.ok) return;
            ({ findings } = await answer.json());
          }
        } catch {
          // Without a connection there are no hints; the next change asks again.
          return;
        }
        // Words that were typed meanwhile have their own question on the way.
        if (round !== this.round || this.view.state.doc.sliceString(range.from, range.to) !== text) return;
        this.view.dispatch({ effects: replaceHints.of({ ...range, findings: inUnits(findings, text) }) });
        this.count();
      }

      count() {
        if (!this.line) return;
        const number = this.view.state.field(hints).size;
        this.line.textContent = number ? `${number} ${number === 1 ? "hint" : "hints"} on wording` : "Hints on wording";
      }
    },
  );
}

const look = EditorView.theme({
  ".cm-wording": {
    textDecoration: "underline wavy var(--warm-dot) 1px",
    textDecorationSkipInk: "none",
    textUnderlineOffset: "0.2em",
  },
  ".cm-tooltip": { border: "1px solid var(--line-strong)", borderRadius: "var(--bs-border-radius)", backgroundColor: "var(--surface)", color: "var(--ink)", boxShadow: "var(--shadow-menu)" },
  ".cm-wording-card": { maxWidth: "min(22rem, 78vw)", padding: "0.5rem 0.75rem", fontSize: "0.875rem" },
  ".cm-wording-card p": { margin: "0.25rem 0" },
  ".cm-wording-card summary": { color: "var(--ink-soft)", cursor: "pointer" },
  ".cm-wording-card input": {
    width: "100%", margin: "0.375rem 0", padding: "0.25rem 0.5rem", border: "1px solid var(--line-strong)",
    borderRadius: "var(--bs-border-radius-sm)", color: "var(--ink)", backgroundColor: "var(--surface)", font: "inherit",
  },
  ".cm-wording-card button": {
    padding: "0.125rem 0.75rem", border: "1px solid var(--line-strong)", borderRadius: "var(--bs-border-radius-sm)",
    color: "var(--ink)", backgroundColor: "var(--sunken)", font: "inherit", cursor: "pointer",
  },
});

/**
 * The extensions that show hints in the editor of this field.
 * @param {HTMLTextAreaElement} textarea
 */
export function hintsFor(textarea) {
  const url = textarea.dataset.hints;
  if (!url || textarea.readOnly || textarea.disabled) return [];
  const shown = cards(textarea.dataset.hintsDismiss ?? "");
  const escape = {
    key: "Escape",
    run: (view) => {
      if (!view.state.field(shown)) return false;
      view.dispatch({ effects: closeCard.of(null) });
      return true;
    },
  };
  // Before the editor's own keys: the first Escape closes the card, the next one leaves the text.
  return [hints, shown, Prec.high(keymap.of([escape])), asking(url, textarea), look];
}
