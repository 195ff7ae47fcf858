// The light, dark, automatic switch. The choice is a cookie, so that the server can render the page in the
// chosen mode and nothing flashes; "auto" removes the choice and the style sheet follows the system.

const COOKIE = "tracker_theme";
const YEAR_SECONDS = 365 * 24 * 3600;

function chosen() {
  return document.documentElement.getAttribute("data-bs-theme") ?? "auto";
}

function choose(mode) {
  const root = document.documentElement;
  const secure = location.protocol === "https:" ? "; Secure" : "";
  if (mode === "light" || mode === "dark") {
    root.setAttribute("data-bs-theme", mode);
    document.cookie = `${COOKIE}=${mode}; Path=/; Max-Age=${YEAR_SECONDS}; SameSite=Lax${secure}`;
  } else {
    root.removeAttribute("data-bs-theme");
    document.cookie = `${COOKIE}=; Path=/; Max-Age=0; SameSite=Lax${secure}`;
  }
}

export function startTheme() {
  for (const group of document.querySelectorAll("[data-theme-choice]")) {
    const buttons = [...group.querySelectorAll("button[value]")];
    const show = () => {
      for (const button of buttons) {
        button.setAttribute("aria-pressed", String(button.value === chosen()));
      }
    };
    for (const button of buttons) {
      button.addEventListener("click", () => {
        choose(button.value);
        show();
      });
    }
    show();
    group.hidden = false;
  }
}
