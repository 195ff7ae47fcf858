// "/" goes to the search box, unless somebody is typing.

function isTyping(target) {
  return target instanceof Element && target.closest("input, textarea, select, [contenteditable], .editor-host") !== null;
}

export function startKeys() {
  document.addEventListener("keydown", (event) => {
    if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
    if (document.querySelector("dialog[open]")) return;
    const boxes = [...document.querySelectorAll("input[data-search]")];
    let box = boxes.find((candidate) => candidate.checkVisibility());
    if (!box && boxes.length > 0) {
      // On a narrow screen the box is inside the closed menu.
      box = boxes[boxes.length - 1];
      const menu = box.closest("details");
      if (menu) menu.open = true;
    }
    if (!box) return;
    event.preventDefault();
    box.focus();
    box.select();
  });
}
