// Wide code and tables inside written text scroll sideways. A part that scrolls must be reachable by keyboard.

/** @param {ParentNode} root */
export function startScrollers(root) {
  for (const part of root.querySelectorAll(".prose pre, .prose table")) {
    if (part.scrollWidth > part.clientWidth) part.tabIndex = 0;
  }
}
