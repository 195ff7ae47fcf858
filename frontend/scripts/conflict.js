// Shows the two texts of a true conflict and waits for the person's choice. Nothing is thrown away by itself.
import { element } from "./page.js";

function column(heading, text) {
  return element("div", {}, element("h3", {}, heading), element("pre", { tabindex: "0" }, text));
}

/**
 * @param {HTMLFormElement} form
 * @param {HTMLTextAreaElement} textarea
 * @param {{their_text: string, merged_text?: string}} conflict
 * @returns {Promise<string>} the text the person decided on
 */
export function showBoth(form, textarea, conflict) {
  form.querySelector(".both-texts")?.remove();
  return new Promise((resolve) => {
    const mine = textarea.value;
    const box = element("div", { class: "both-texts", role: "group", "aria-label": "Two versions of this answer" });
    const choice = (label, kind, text) => {
      const button = element("button", { type: "button", class: `btn ${kind}` }, label);
      button.addEventListener("click", () => {
        box.remove();
        resolve(text());
        textarea.focus();
      });
      return button;
    };
    const actions = element("div", { class: "form-actions" });
    if (typeof conflict.merged_text === "string") {
      actions.append(choice("Use the joined text", "btn-primary", () => conflict.merged_text));
    }
    actions.append(
      // Read at the click, so that words typed while the choice was open are part of "mine".
      choice("Keep both", "", () => `${textarea.value.trimEnd()}\n\n${conflict.their_text}`),
      choice("Keep mine", "", () => textarea.value),
      choice("Use theirs", "", () => conflict.their_text),
    );
    box.append(
      element("p", { class: "both-texts-head" }, "You and somebody else changed the same words at the same time."),
      column("Your text", mine),
      column("Their text", conflict.their_text),
      actions,
    );
    textarea.closest(".field")?.after(box);
    if (!box.isConnected) form.append(box);
  });
}
