// The marks "open" and "answered" of a review follow what was saved, without a reload: asked once after the last save.
import { element } from "./page.js";

const AFTER_MS = 400;

class Standing {
  constructor(place) {
    this.place = place;
    this.url = place.dataset.standingUrl;
    this.timer = 0;
    this.questions = [...place.querySelectorAll("[data-standing]")].map((mark) => mark.dataset.standing).join(" ");
    place.addEventListener("autosave:saved", () => {
      clearTimeout(this.timer);
      this.timer = setTimeout(() => this.ask(), AFTER_MS);
    });
  }

  async ask() {
    try {
      const answer = await fetch(this.url, {
        headers: { Accept: "application/json" },
        credentials: "same-origin",
        redirect: "manual",
      });
      if (answer.ok) this.show(await answer.json());
    } catch {
      // Without a connection the marks stay as they were; the next save asks again.
    }
  }

  show(body) {
    const here = body.questions[this.place.dataset.standingStep] ?? {};
    for (const mark of this.place.querySelectorAll("[data-standing]")) {
      const said = here[mark.dataset.standing];
      if (said && mark.textContent !== said) mark.textContent = said;
    }
    for (const mark of document.querySelectorAll("[data-step-standing]")) {
      const said = body.steps[mark.dataset.stepStanding];
      if (said && mark.textContent !== said) mark.textContent = said;
    }
    for (const mark of document.querySelectorAll("[data-review-done]")) {
      mark.textContent = `${body.done} of ${body.required}`;
    }
    // An answer may have opened a question, or closed one: the page is not rebuilt under somebody's hands.
    if (Object.keys(here).join(" ") !== this.questions && !this.note) {
      const link = element("a", { href: location.pathname }, "Show them");
      const told = "Your answer changes which questions are asked here. ";
      this.note = element("p", { class: "notice notice-cool", role: "status" }, told, link);
      this.place.append(this.note);
    }
  }
}

/** @param {ParentNode} root */
export function startStanding(root) {
  for (const place of root.querySelectorAll("[data-standing-url]")) new Standing(place);
}
