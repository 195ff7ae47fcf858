// What is pasted or dropped into the editor: pictures are kept with the record, and formatted text from a word
// processor or a page becomes Markdown. Nothing of the foreign HTML ever reaches this page: it is read in a document
// of its own, where no script runs and no picture is fetched.
import { EditorView } from "@codemirror/view";
import TurndownService from "turndown";

import { csrfToken } from "./page.js";

const LARGEST_BYTES = 3_000_000;
const PICTURES = ["image/png", "image/jpeg", "image/gif", "image/webp"];
// Without one of these the plain text says the same.
const FORMATTED = "p, h1, h2, h3, h4, h5, h6, ul, ol, table, a[href], b, strong, i, em, blockquote";
const BULLET = /^[\s\u00a0]*(?:[·•▪‣o§\u00b7\uf0b7-]|(\d{1,3}|[a-z])[.)])[\s\u00a0]+/i;

function cellText(cell) {
  return cell.textContent.replace(/\s+/g, " ").replaceAll("|", "\\|").trim();
}

function tableToMarkdown(table) {
  const rows = [...table.rows].map((row) => [...row.cells].map(cellText));
  const width = Math.max(0, ...rows.map((row) => row.length));
  if (width === 0) return "";
  const line = (cells) => `| ${Array.from({ length: width }, (_, n) => cells[n] ?? "").join(" | ")} |`;
  return `\n\n${[line(rows[0]), line(Array(width).fill("---")), ...rows.slice(1).map(line)].join("\n")}\n\n`;
}

function markdownWriter() {
  const writer = new TurndownService({ headingStyle: "atx", bulletListMarker: "-", codeBlockStyle: "fenced", emDelimiter: "_" });
  writer.remove(["script", "style", "head", "meta", "link", "title", "noscript", "iframe", "object", "form", "button", "input", "select", "textarea"]);
  writer.addRule("table", { filter: "table", replacement: (_content, node) => tableToMarkdown(node) });
  // A picture from somewhere else would not be shown here and would tell that somewhere who reads: its words stay.
  writer.addRule("picture", { filter: "img", replacement: (_content, node) => node.getAttribute("alt") ?? "" });
  writer.addRule("link", {
    filter: (node) => node.nodeName === "A",
    replacement: (content, node) => {
      const address = node.getAttribute("href") ?? "";
      const words = content.trim();
      if (!/^(https?:|mailto:)/i.test(address) || !words) return content;
      return words === address ? `<${address}>` : `[${words}](${address.replaceAll(" ", "%20").replaceAll(")", "%29")})`;
    },
  });
  return writer;
}

/** Word writes lists as paragraphs that look like lists; here they become lists again. */
function restoreLists(body) {
  for (const paragraph of [...body.querySelectorAll("p")]) {
    const style = paragraph.dataset.style ?? "";
    const isItem = /MsoList/i.test(paragraph.className) || /mso-list:\s*l\d/i.test(style);
    if (!isItem || !paragraph.isConnected) continue;
    for (const mark of [...paragraph.querySelectorAll("[data-style]")]) {
      if (/mso-list:\s*ignore/i.test(mark.dataset.style)) {
        mark.replaceWith(`${mark.textContent.trim()} `);
      }
    }
    const number = BULLET.exec(paragraph.textContent)?.[1];
    const kind = number && /\d/.test(number) ? "ol" : "ul";
    const item = paragraph.ownerDocument.createElement("li");
    const first = paragraph.ownerDocument.createTreeWalker(paragraph, NodeFilter.SHOW_TEXT).nextNode();
    if (first) first.data = first.data.replace(BULLET, "");
    item.append(...paragraph.childNodes);
    const before = paragraph.previousElementSibling;
    if (before?.dataset.restored === kind) {
      before.append(item);
      paragraph.remove();
    } else {
      const list = paragraph.ownerDocument.createElement(kind);
      list.dataset.restored = kind;
      list.append(item);
      paragraph.replaceWith(list);
    }
  }
}

/**
 * @param {string} html as another program put it on the clipboard
 * @returns {string} Markdown; "" where the plain text says as much
 */
export function markdownOf(html) {
  // Our Content-Security-Policy would report every style and handler of the foreign text; as data it is read in peace.
  const quiet = html
    .replace(/<style[\s\S]*?<\/style\s*>/gi, "")
    .replace(/(\s)style(\s*=)/gi, "$1data-style$2")
    .replace(/([\s/"'])on([a-z]+\s*=)/gi, "$1data-on$2");
  const { body } = new DOMParser().parseFromString(quiet, "text/html");
  for (const one of [...body.querySelectorAll("*")]) {
    // <o:p> of Word, and what a page hides.
    if (one.localName.includes(":") && !one.textContent.trim()) one.remove();
    else if (/mso-hide:\s*all|display:\s*none/i.test(one.dataset.style ?? "")) one.remove();
    // Google Docs wraps everything in a <b> that is not bold.
    else if (one.localName === "b" && /font-weight:\s*normal/i.test(one.dataset.style ?? "")) one.replaceWith(...one.childNodes);
  }
  restoreLists(body);
  if (!body.querySelector(FORMATTED)) return "";
  return markdownWriter()
    .turndown(body)
    .replace(/\u00a0/g, " ")
    .replace(/^(\s*(?:-|\d+\.)) {2,}/gm, "$1 ")
    .replace(/\n{3,}/g, "\n\n")
    .trim();
}

function isInCode(state) {
  const before = state.sliceDoc(0, state.selection.main.from);
  return (before.match(/^\s*(```|~~~)/gm) ?? []).length % 2 === 1;
}

function insert(view, text, range = view.state.selection.main) {
  view.dispatch({
    changes: { from: range.from, to: range.to, insert: text },
    selection: { anchor: range.from + text.length },
    userEvent: "input.paste",
    scrollIntoView: true,
  });
}

/** A line of its own under the editor says what became of a picture; it is read out too. */
function say(textarea, text) {
  const line = textarea.form?.querySelector("[data-save-line]");
  if (!line) return;
  line.dataset.state = text ? "refused" : "saved";
  line.textContent = text;
}

function replaceMark(view, mark, text) {
  const at = view.state.doc.toString().indexOf(mark);
  // Whoever took the mark away no longer wants the picture there.
  if (at >= 0) view.dispatch({ changes: { from: at, to: at + mark.length, insert: text }, userEvent: "input.paste" });
}

let uploads = 0;

async function upload(view, textarea, file, at) {
  if (!PICTURES.includes(file.type)) {
    say(textarea, `“${file.name}” is not kept: use a picture in PNG, JPEG, GIF or WebP.`);
    return;
  }
  if (file.size > LARGEST_BYTES) {
    say(textarea, `“${file.name}” is not kept: it has ${(file.size / 1e6).toFixed(1)} MB and 3 MB fit. Make it smaller, or link to it.`);
    return;
  }
  uploads += 1;
  const mark = `![Keeping the picture … ${uploads}]()`;
  insert(view, mark, at === undefined ? undefined : { from: at, to: at });
  const data = new FormData();
  data.append("picture", file, file.name || "picture");
  try {
    const answer = await fetch(textarea.dataset.pictures, {
      method: "POST",
      body: data,
      headers: { "X-CSRFToken": csrfToken(), Accept: "application/json" },
      credentials: "same-origin",
      redirect: "error",
    });
    const body = await answer.json();
    if (!answer.ok) throw new Error((body.errors ?? []).map((gap) => gap.message).join(" ") || body.message);
    replaceMark(view, mark, body.markdown);
  } catch (error) {
    replaceMark(view, mark, "");
    const why = error instanceof TypeError ? "the connection is lost. Paste it again when it is back" : error.message;
    say(textarea, `The picture is not kept: ${why}`);
  }
}

/** Puts pictures in at a place, or at the caret. */
export function keepPictures(view, textarea, files, at) {
  for (const file of files) upload(view, textarea, file, at);
}

/**
 * @param {HTMLTextAreaElement} textarea
 * @returns {import("@codemirror/state").Extension}
 */
export function pastingFor(textarea) {
  if (textarea.readOnly || textarea.disabled) return [];
  const filesOf = (data) => (textarea.dataset.pictures ? [...(data?.files ?? [])] : []);
  return EditorView.domEventHandlers({
    paste(event, view) {
      const data = event.clipboardData;
      const html = data?.getData("text/html") ?? "";
      const files = filesOf(data);
      // Word and spreadsheets put a picture of the words beside the words; the words are meant.
      if (files.length > 0 && !data.getData("text/plain").trim()) {
        event.preventDefault();
        keepPictures(view, textarea, files);
        return true;
      }
      if (!html || data.types.includes("vscode-editor-data") || isInCode(view.state)) return false;
      const text = markdownOf(html);
      if (!text) return false;
      event.preventDefault();
      insert(view, text);
      return true;
    },
    drop(event, view) {
      const files = filesOf(event.dataTransfer);
      if (files.length === 0) return false;
      event.preventDefault();
      keepPictures(view, textarea, files, view.posAtCoords({ x: event.clientX, y: event.clientY }) ?? undefined);
      return true;
    },
  });
}
