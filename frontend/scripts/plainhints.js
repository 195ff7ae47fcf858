// Wording hints for a plain textarea: the questions stand below it, softly, a moment after the last key.
//
// The note of an incident is such a field: whoever responds needs a field at once, and no editor that comes later. The
// hook is the editor's own, data-hints="URL" (hints.js says what is asked and answered). Nothing here changes the text
// or keeps anybody from sending it.
import { element, post } from "./page.js";

const DELAY_MS = 500;
const LONGEST = 200_000;
// A note is short: more questions than these would be louder than the note.
const SHOWN = 3;

function line(finding) {
  return element("li", {}, element("q", { dir: "auto" }, finding.text), " ", finding.question);
}

function start(textarea) {
  const count = element("p", { role: "status", class: "field-help" });
  const list = element("ul", { class: "note-hints" });
  const box = element("div", { "data-hint-list": "" }, count, list);
  textarea.after(box);
  let timer = 0;
  let round = 0;

  const show = (findings) => {
    const number = findings.length;
    const said = number ? `${number} ${number === 1 ? "hint" : "hints"} on wording` : "";
    // Said again it would be read out again.
    if (count.textContent !== said) count.textContent = said;
    list.replaceChildren(...findings.slice(0, SHOWN).map(line));
  };

  const ask = async () => {
    round += 1;
    const mine = round;
    const text = textarea.value;
    let findings = [];
    try {
      if (text.trim() && text.length <= LONGEST) {
        const answer = await post(textarea.dataset.hints, new URLSearchParams({ text }));
        if (!answer.ok) return;
        ({ findings } = await answer.json());
      }
    } catch {
      // Without a connection there are no hints; the next change asks again.
      return;
    }
    // Words that were typed meanwhile have their own question on the way.
    if (mine === round && text === textarea.value) show(findings);
  };

  const later = (delay) => {
    clearTimeout(timer);
    timer = setTimeout(ask, delay);
  };
  textarea.addEventListener("input", () => later(DELAY_MS));
  // What was typed and refused, or kept by the browser, is there already.
  if (textarea.value) later(50);
}

/** @param {ParentNode} root */
export function startPlainHints(root) {
  for (const textarea of root.querySelectorAll("textarea[data-hints]:not([data-editor], [data-hinted])")) {
    textarea.dataset.hinted = "";
    start(textarea);
  }
}
