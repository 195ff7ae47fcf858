// The editor's few commands, as buttons and as keys. The arrow keys move inside the bar, so that it is one
// stop for Tab.
import { EditorSelection } from "@codemirror/state";

import { csrfToken, element } from "./page.js";
import { keepPictures } from "./pasting.js";

/** Puts marks around each selection, or takes them away when they are already there. */
function wrap(mark, sample) {
  return (view) => {
    const { state } = view;
    view.dispatch(
      state.changeByRange((range) => {
        const before = state.sliceDoc(range.from - mark.length, range.from);
        const after = state.sliceDoc(range.to, range.to + mark.length);
        if (before === mark && after === mark) {
          return {
            changes: [
              { from: range.from - mark.length, to: range.from },
              { from: range.to, to: range.to + mark.length },
            ],
            range: EditorSelection.range(range.from - mark.length, range.to - mark.length),
          };
        }
        const text = range.empty ? sample : state.sliceDoc(range.from, range.to);
        return {
          changes: { from: range.from, to: range.to, insert: mark + text + mark },
          range: EditorSelection.range(range.from + mark.length, range.from + mark.length + text.length),
        };
      }),
      { userEvent: "input", scrollIntoView: true },
    );
    view.focus();
    return true;
  };
}

function link(view) {
  const { state } = view;
  view.dispatch(
    state.changeByRange((range) => {
      const text = state.sliceDoc(range.from, range.to) || "text";
      const start = range.from + text.length + 3;
      return {
        changes: { from: range.from, to: range.to, insert: `[${text}](https://)` },
        range: EditorSelection.range(start, start + "https://".length),
      };
    }),
    { userEvent: "input", scrollIntoView: true },
  );
  view.focus();
  return true;
}

/** Starts or ends a list on every line the selection touches. */
function list(view) {
  const { state } = view;
  const lines = new Map();
  for (const range of state.selection.ranges) {
    for (let at = range.from; at <= range.to; ) {
      const line = state.doc.lineAt(at);
      lines.set(line.number, line);
      at = line.to + 1;
    }
  }
  const all = [...lines.values()];
  const isList = all.every((line) => line.text.startsWith("- "));
  view.dispatch({
    changes: all.map((line) =>
      isList ? { from: line.from, to: line.from + 2 } : { from: line.from, insert: "- " },
    ),
    userEvent: "input",
    scrollIntoView: true,
  });
  view.focus();
  return true;
}

const COMMANDS = [
  { label: "Bold", key: "Mod-b", run: wrap("**", "bold") },
  { label: "Italic", key: "Mod-i", run: wrap("_", "italic") },
  { label: "Code", key: "Mod-e", run: wrap("`", "code") },
  { label: "Link", key: "Mod-k", run: link },
  { label: "List", key: "Mod-Shift-8", run: list },
];

/** Escape leaves the text for the toolbar, from where Tab goes on, as promised by the hint. */
function leave(view) {
  view.contentDOM.blur();
  view.dom.getRootNode().querySelector('.tools [tabindex="0"]')?.focus();
  return true;
}

export const commandKeymap = [
  ...COMMANDS.map(({ key, run }) => ({ key, run, preventDefault: true })),
  { key: "Escape", run: leave },
];

/** A button that shows the text as readers will see it, and again as it is written. */
function previewButton(view, textarea, host) {
  const button = element("button", { type: "button", tabindex: "-1", "aria-pressed": "false" }, "Preview");
  const shown = element("div", { class: "editor-preview prose", role: "region", "aria-label": "Preview", tabindex: "0" });
  const back = () => {
    shown.remove();
    view.dom.classList.remove("is-previewed");
    button.setAttribute("aria-pressed", "false");
  };
  button.addEventListener("click", async () => {
    if (button.getAttribute("aria-pressed") === "true") {
      back();
      view.focus();
      return;
    }
    button.setAttribute("aria-pressed", "true");
    try {
      const answer = await fetch(textarea.dataset.preview, {
        method: "POST",
        body: new URLSearchParams({ text: textarea.value }),
        headers: { "X-CSRFToken": csrfToken() },
        credentials: "same-origin",
        redirect: "error",
      });
      if (!answer.ok) throw new Error(String(answer.status));
      // The server has let through only what nothing runs in.
      shown.replaceChildren(document.createRange().createContextualFragment(await answer.text()));
    } catch {
      shown.replaceChildren("There is no preview while the connection is lost. Your text is not touched.");
    }
    view.dom.classList.add("is-previewed");
    host.after(shown);
  });
  // Typing goes on where it was left.
  textarea.addEventListener("input", back);
  return button;
}

/** A button for those who have no clipboard at hand: a picture from a file. */
function pictureButton(view, textarea) {
  const chooser = element("input", { type: "file", accept: "image/png,image/jpeg,image/gif,image/webp", hidden: "", "aria-label": "Picture" });
  const button = element("button", { type: "button", tabindex: "-1", title: "Picture (or paste one, or drop it)" }, "Picture");
  button.addEventListener("click", () => chooser.click());
  chooser.addEventListener("change", () => {
    keepPictures(view, textarea, [...chooser.files]);
    chooser.value = "";
  });
  return button;
}

/**
 * @param {import("@codemirror/view").EditorView} view
 * @param {HTMLTextAreaElement} textarea data-preview="URL" and data-pictures="URL" say what else there is
 * @param {HTMLElement} host the element that the editor stands in
 * @returns {HTMLElement}
 */
export function toolbar(view, textarea, host) {
  const bar = element("div", { class: "tools", role: "toolbar", "aria-label": "Formatting" });
  const buttons = COMMANDS.map(({ label, key, run }, index) => {
    const keys = key.replace("Mod", navigator.platform.startsWith("Mac") ? "⌘" : "Ctrl").replaceAll("-", "+");
    const button = element("button", { type: "button", tabindex: index === 0 ? "0" : "-1", title: `${label} (${keys})` }, label);
    button.addEventListener("click", () => run(view));
    return button;
  });
  if (textarea.dataset.pictures) buttons.push(pictureButton(view, textarea));
  if (textarea.dataset.preview) buttons.push(previewButton(view, textarea, host));
  bar.append(...buttons, element("span", { class: "hint", "aria-hidden": "true" }, "Markdown"));
  bar.addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    const from = buttons.indexOf(event.target);
    if (!step || from < 0) return;
    event.preventDefault();
    const to = (from + step + buttons.length) % buttons.length;
    buttons[from].tabIndex = -1;
    buttons[to].tabIndex = 0;
    buttons[to].focus();
  });
  return bar;
}
