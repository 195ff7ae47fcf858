// Autosave for forms with data-autosave="URL". The fields and the hidden base_version are sent 1.5 s after the
// last key. What the server has not taken is kept in this browser and sent again on return.
//
// Answers understood, all JSON:
//   200 {version, merged_text?, merged_fields?}  saved; merged_text is given whenever the stored text differs from the
//                                            sent one, merged_fields {name: value} when other fields may differ too
//   409 {version, their_text, merged_text?}  a true conflict: both texts are shown and the person decides
//   422 {message, errors: [{message}]}       refused; the sentence is shown
// The text meant by *_text is the textarea named by data-autosave-text, or the first one.
import { showBoth } from "./conflict.js";
import { csrfToken, meta } from "./page.js";

const DELAY_MS = 1500;
const RETRY_MS = [3000, 10_000, 30_000];
const running = new WeakMap();

function clock(date) {
  return date.toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit" });
}

/** @param {[string, string][]} entries */
function groupByName(entries) {
  const groups = new Map();
  for (const [name, value] of entries) groups.set(name, [...(groups.get(name) ?? []), value]);
  return groups;
}

class Autosave {
  /** @param {HTMLFormElement} form */
  constructor(form) {
    this.form = form;
    this.url = form.dataset.autosave || form.action;
    this.version = form.querySelector('[name="base_version"]');
    const named = form.dataset.autosaveText;
    this.text = named ? form.elements.namedItem(named) : form.querySelector("textarea");
    this.line = form.querySelector("[data-save-line]");
    // Kept per person, so that a shared browser never offers one person's words to another.
    this.key = `autosave:${meta("person")}:${new URL(this.url, location.href).pathname}`;
    this.timer = 0;
    this.tries = 0;
    this.sending = false;
    this.deciding = false;
    this.edits = 0;
    this.saved = 0;
    form.addEventListener("input", () => this.noteEdit());
    form.addEventListener("change", () => this.noteEdit());
    // What is kept stays until the server has taken it: should this page be sent again later with its old
    // version, the server's three-way merge finds nothing new in it.
    form.addEventListener("submit", () => clearTimeout(this.timer));
    document.addEventListener("visibilitychange", () => {
      if (document.hidden && this.timer) this.send({ keepalive: true });
    });
    addEventListener("online", () => this.restoreAndSend());
    this.restoreAndSend();
  }

  say(state, text) {
    if (!this.line) return;
    this.line.dataset.state = state;
    this.line.textContent = text;
  }

  fields() {
    const data = new FormData(this.form);
    for (const [name, value] of [...data.entries()]) {
      // Passwords and files are not for the browser's store, and the token goes into the header.
      if (value instanceof File || name === "csrf_token") data.delete(name);
    }
    return data;
  }

  keep() {
    try {
      localStorage.setItem(this.key, JSON.stringify([...this.fields().entries()]));
      return true;
    } catch {
      return false;
    }
  }

  forget() {
    clearTimeout(this.timer);
    this.timer = 0;
    try {
      localStorage.removeItem(this.key);
    } catch {
      // A browser that keeps nothing has nothing to forget.
    }
  }

  restoreAndSend() {
    let kept = null;
    try {
      kept = JSON.parse(localStorage.getItem(this.key) ?? "null");
    } catch {
      kept = null;
    }
    if (!Array.isArray(kept)) return;
    const values = groupByName(kept);
    for (const control of this.form.elements) {
      if (!control.name || control.name === "csrf_token" || control.type === "file") continue;
      const own = values.get(control.name) ?? [];
      if (control.type === "checkbox" || control.type === "radio") {
        control.checked = own.includes(control.value);
      } else if (control instanceof HTMLSelectElement) {
        for (const option of control.options) option.selected = own.includes(option.value);
      } else if (own.length > 0) {
        [control.value] = own;
      }
      control.dispatchEvent(new Event("autosave:restored"));
    }
    this.edits += 1;
    this.send({});
  }

  /** True while something of one's own is not with the server yet. */
  get waits() {
    return this.edits !== this.saved || this.sending || this.deciding;
  }

  /** The words that do not fit, as a sentence; "" when all fit. */
  tooLong() {
    const longest = Number(this.text?.dataset.longest) || Infinity;
    const { length } = this.text?.value ?? "";
    if (length <= longest) return "";
    const number = new Intl.NumberFormat("en-GB");
    return `this text has ${number.format(length)} characters and ${number.format(longest)} fit. It stays here as long as this page is open: take the rest out and keep it elsewhere.`;
  }

  /**
   * What somebody else saved. It is shown where nothing of one's own waits; else that is sent now, without
   * waiting for a pause, and the server joins the two.
   */
  takeTheirs(body) {
    if (this.deciding || this.sending || Number(body.version) <= Number(this.version?.value)) return;
    if (this.waits) {
      if (!this.tooLong() && this.tries === 0) this.send({});
      return;
    }
    // A word that is being composed - in Japanese, say, or with a dead key - would be torn apart.
    if (this.text?.dataset.composing === "") return;
    this.setVersion(body.version);
    this.setBase(null);
    this.setFields({ text: body.text, choice: body.choice, because: body.because }, body.text);
  }

  noteEdit() {
    this.edits += 1;
    this.keep();
    // While the person decides between two texts nothing is sent; the choice itself will be.
    if (this.deciding) return;
    this.say("saving", "Saving…");
    this.later(DELAY_MS);
  }

  later(delay) {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.send({}), delay);
  }

  async send({ keepalive = false }) {
    // A form that left the page with its part has sent what it had, and what it had not is kept.
    if (this.deciding || !this.form.isConnected) return;
    if (this.sending) {
      this.later(DELAY_MS);
      return;
    }
    clearTimeout(this.timer);
    this.timer = 0;
    const tooLong = this.tooLong();
    if (tooLong) {
      this.say("refused", `Not saved: ${tooLong}`);
      return;
    }
    this.sending = true;
    const editsSent = this.edits;
    const sent = this.fields();
    this.say("saving", "Saving…");
    try {
      const answer = await fetch(this.url, {
        method: "POST",
        body: sent,
        headers: { "X-CSRFToken": csrfToken(), Accept: "application/json" },
        credentials: "same-origin",
        redirect: "manual",
        keepalive,
      });
      // Somebody who is no longer signed in is sent to the sign-in page, which is no answer to a save.
      const status = answer.type === "opaqueredirect" ? 401 : answer.status;
      const isJson = answer.headers.get("Content-Type")?.includes("json") ?? false;
      await this.take(status, isJson ? await answer.json() : {}, editsSent, sent);
    } catch {
      this.notSaved();
    } finally {
      this.sending = false;
    }
  }

  async take(status, body, editsSent, sent) {
    if (status >= 200 && status < 300) {
      this.tries = 0;
      this.setVersion(body.version);
      const typedSince = this.edits !== editsSent;
      const merged = body.merged_fields ?? (typeof body.merged_text === "string" ? {} : null);
      // Words typed while the answer was on its way win. They were typed on what was sent, not on what the
      // server made of it, so that is said with the next save, which merges them too.
      this.setBase(merged !== null && typedSince ? sent : null);
      if (merged !== null && !typedSince) this.setFields(merged, body.merged_text);
      if (typedSince) {
        this.keep();
        this.later(DELAY_MS);
      } else {
        this.saved = this.edits;
        this.forget();
        // A note is worth reading: "Bob wrote here too; both texts are kept".
        this.say("saved", `Saved ${clock(new Date())}${body.note ? `. ${body.note}` : ""}`);
        // Marks elsewhere on the page may follow.
        this.form.dispatchEvent(new CustomEvent("autosave:saved", { bubbles: true }));
      }
    } else if (status === 409 && typeof body.their_text === "string") {
      this.say("conflict", "Somebody else changed the same words. Both texts are kept: choose below.");
      this.deciding = true;
      const chosen = await showBoth(this.form, this.text, body);
      this.deciding = false;
      this.setVersion(body.version);
      this.setText(chosen);
      this.noteEdit();
    } else if (status === 401 || status === 403) {
      this.keep();
      this.say("kept", "Not saved: you are signed out or may not edit this. Your text is kept in this browser.");
    } else if (status >= 400 && status < 500 && status !== 429) {
      this.keep();
      const gaps = (body.errors ?? []).map((gap) => gap.message).join(" ");
      this.say("refused", `Not saved: ${gaps || body.message || "the server did not accept this."}`);
    } else {
      this.notSaved();
    }
  }

  notSaved() {
    const where = this.keep() ? "kept in this browser" : "copy it somewhere safe";
    this.say("kept", `Not saved: ${where}. Trying again…`);
    this.later(RETRY_MS[Math.min(this.tries, RETRY_MS.length - 1)]);
    this.tries += 1;
  }

  setVersion(version) {
    if (this.version && version !== undefined && version !== null) this.version.value = String(version);
  }

  /** Fields named base_… tell the server what the next words were typed on; base_given says that they count. */
  setBase(sent) {
    const given = this.form.elements.namedItem("base_given");
    if (!given) return;
    given.value = sent ? "1" : "";
    for (const control of this.form.elements) {
      const name = control.name?.startsWith("base_") ? control.name.slice("base_".length) : "";
      if (control.type === "hidden" && name && name !== "version" && name !== "given") {
        control.value = sent?.get(name) ?? "";
      }
    }
  }

  setFields(values, text) {
    for (const control of this.form.elements) {
      if (control === this.text || !(control.name in values)) continue;
      if (control.type === "radio") control.checked = control.value === values[control.name];
      else control.value = values[control.name];
      control.dispatchEvent(new Event("autosave:restored"));
    }
    const words = values[this.text?.name] ?? text;
    if (typeof words === "string") this.setText(words);
  }

  setText(text) {
    if (!this.text || this.text.value === text) return;
    this.text.value = text;
    // The editor listens, and shows the new text without taking the focus.
    this.text.dispatchEvent(new Event("autosave:restored"));
  }
}

/** @param {ParentNode} root */
export function startAutosave(root) {
  for (const form of root.querySelectorAll("form[data-autosave]")) {
    if (form.dataset.autosaveStarted === "") continue;
    form.dataset.autosaveStarted = "";
    running.set(form, new Autosave(form));
  }
}

/**
 * @param {HTMLFormElement} form
 * @returns {Autosave | undefined} what saves this form, once it was started
 */
export function autosaveOf(form) {
  return running.get(form);
}
