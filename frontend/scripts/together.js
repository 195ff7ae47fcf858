// Several people in one review: who is writing where, and the others' words as they come. Asked every few seconds
// while the page is in view. What the others wrote is put into a question only where nothing of one's own waits to be
// saved; otherwise it is sent first, and the server joins the two.
import { autosaveOf } from "./autosave.js";
import { csrfToken, element } from "./page.js";

const EVERY_MS = 3000;
const WRITING_MS = 8000;
const AWAY_MS = 15_000;

function listed(names) {
  const [last, ...others] = [...names].reverse();
  return others.length > 0 ? `${others.reverse().join(", ")} and ${last}` : last;
}

class Together {
  constructor(place) {
    this.place = place;
    this.url = place.dataset.together;
    this.window = crypto.randomUUID?.() ?? `window-${Math.random().toString(36).slice(2)}-${Date.now()}`;
    this.line = element("p", { class: "together-line", role: "status" });
    place.prepend(this.line);
    this.timer = 0;
    this.asking = false;
    this.at = "";
    this.typed = { question: "", when: 0 };
    place.addEventListener("input", (event) => {
      this.typed = { question: this.questionOf(event.target), when: Date.now() };
    });
    place.addEventListener("focusin", (event) => {
      this.at = this.questionOf(event.target) || this.at;
    });
    document.addEventListener("visibilitychange", () => {
      if (!document.hidden) this.ask();
    });
    addEventListener("online", () => this.ask());
    this.ask();
  }

  forms() {
    return [...this.place.querySelectorAll("form[data-autosave]")].filter((form) => autosaveOf(form));
  }

  questionOf(target) {
    return this.keyOf(target.closest?.("form[data-autosave]"));
  }

  keyOf(form) {
    if (!form || !autosaveOf(form)) return "";
    return new URL(form.dataset.autosave, location.href).pathname.split("/").pop();
  }

  later(delay) {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.ask(), delay);
  }

  async ask() {
    clearTimeout(this.timer);
    if (this.asking || document.hidden) return;
    this.asking = true;
    const forms = new Map(this.forms().map((form) => [this.keyOf(form), form]));
    const known = {};
    for (const [key, form] of forms) known[key] = Number(autosaveOf(form).version?.value ?? 0);
    const isWriting = Date.now() - this.typed.when < WRITING_MS;
    try {
      const answer = await fetch(this.url, {
        method: "POST",
        body: new URLSearchParams({
          window: this.window,
          question: isWriting ? this.typed.question : this.at,
          writing: isWriting ? "yes" : "",
          known: JSON.stringify(known),
        }),
        headers: { "X-CSRFToken": csrfToken(), Accept: "application/json" },
        credentials: "same-origin",
        redirect: "manual",
      });
      if (answer.type === "opaqueredirect" || [401, 403, 404].includes(answer.status)) {
        this.say("You are signed out, or can no longer open this review. What you type is kept in this browser.");
        this.later(AWAY_MS);
        return;
      }
      if (!answer.ok) throw new Error(String(answer.status));
      this.show(await answer.json(), forms);
      this.later(EVERY_MS);
    } catch {
      this.showPeople([]);
      this.say("Connection lost. What you type is kept in this browser, and joined with what others wrote when it is back.");
      this.later(EVERY_MS);
    } finally {
      this.asking = false;
    }
  }

  show({ people, answers }, forms) {
    this.showPeople(people);
    const names = [...new Set(people.map((one) => one.name))];
    this.say(names.length > 0 ? `${listed(names)} ${names.length > 1 ? "have" : "has"} this review open too.` : "");
    for (const [key, answer] of Object.entries(answers)) {
      const form = forms.get(key);
      if (form?.isConnected) autosaveOf(form).takeTheirs(answer);
    }
  }

  showPeople(people) {
    for (const form of this.forms()) {
      const key = this.keyOf(form);
      const here = people.filter((one) => one.question === key);
      const writing = [...new Set(here.filter((one) => one.writing).map((one) => one.name))];
      const others = [...new Set(here.map((one) => one.name))].filter((name) => !writing.includes(name));
      const told = [];
      if (writing.length > 0) told.push(`${listed(writing)} ${writing.length > 1 ? "are" : "is"} writing here`);
      if (others.length > 0) told.push(`${listed(others)} ${others.length > 1 ? "are" : "is"} here`);
      const head = form.closest(".panel")?.querySelector(".panel-head");
      let note = head?.querySelector(".presence");
      if (!note && head && told.length > 0) {
        note = element("span", { class: "presence" });
        head.append(note);
      }
      if (note && note.textContent !== told.join("; ")) note.textContent = told.join("; ");
    }
  }

  say(text) {
    if (this.line.textContent !== text) this.line.textContent = text;
  }
}

/** @param {ParentNode} root */
export function startTogether(root) {
  for (const place of root.querySelectorAll("[data-together]")) {
    if (place.dataset.togetherStarted === "") continue;
    place.dataset.togetherStarted = "";
    new Together(place);
  }
}
