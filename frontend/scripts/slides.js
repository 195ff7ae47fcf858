// In the presenter view arrow keys, Page Up and Down and the space bar follow the links beside the slide.
const FORWARD = new Set(["ArrowRight", "ArrowDown", "PageDown", " "]);
const BACK = new Set(["ArrowLeft", "ArrowUp", "PageUp"]);

export function startSlides() {
  const slide = document.querySelector("[data-slide]");
  if (!slide) return;
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest("a, button, input")) return;
    const rel = FORWARD.has(event.key) ? "next" : BACK.has(event.key) ? "prev" : "";
    const link = rel && slide.querySelector(`a[rel="${rel}"]`);
    if (!link) return;
    // A slide that is longer than the wall is scrolled first.
    const room = document.documentElement.scrollHeight - window.innerHeight - window.scrollY;
    if (rel === "next" && room > 4 && (event.key === "ArrowDown" || event.key === " ")) return;
    if (rel === "prev" && window.scrollY > 4 && event.key === "ArrowUp") return;
    event.preventDefault();
    link.click();
  });
}
