// A form or button with data-confirm asks before it acts, in a <dialog>. Without scripts it simply acts, so
// nothing that cannot be taken back may rely on this alone.
import { element } from "./page.js";

function ask(question, yes, isDanger) {
  const go = element("button", { value: "yes", class: isDanger ? "btn btn-danger" : "btn btn-primary" }, yes);
  const stay = element("button", { value: "", class: "btn" }, "Cancel");
  const heading = element("h2", { id: "ask-heading" }, "Please confirm");
  const text = element("p", { class: "mb-0" }, question);
  const form = element("form", { method: "dialog" }, heading, text, element("div", { class: "form-actions" }, stay, go));
  const dialog = element("dialog", { class: "ask", "aria-labelledby": "ask-heading" }, form);
  document.body.append(dialog);
  dialog.showModal();
  stay.focus();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve(dialog.returnValue === "yes");
    });
  });
}

export function startConfirm() {
  const agreed = new WeakSet();
  document.addEventListener(
    "submit",
    async (event) => {
      const form = event.target;
      const asker = event.submitter?.dataset.confirm ? event.submitter : form;
      const question = asker.dataset.confirm;
      if (!question || form.method === "dialog") return;
      if (agreed.delete(form)) return;
      event.preventDefault();
      event.stopImmediatePropagation();
      const submitter = event.submitter;
      const yes = asker.dataset.confirmYes || submitter?.textContent.trim() || "Yes";
      if (await ask(question, yes, submitter?.classList.contains("btn-danger"))) {
        agreed.add(form);
        form.requestSubmit(submitter ?? undefined);
      }
    },
    // In the capture phase, so that htmx does not send the form before the answer.
    true,
  );
}
