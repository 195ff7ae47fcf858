// What every page loads: the styles, htmx for the live parts, and small scripts with one job each.
// A page works without any of them.
import "../styles/app.scss";

import { startAutosave } from "./autosave.js";
import { startConfirm } from "./confirm.js";
import { startKeys } from "./keys.js";
import { startLive } from "./live.js";
import { startMenus } from "./menus.js";
import { startPlainHints } from "./plainhints.js";
import { startScrollers } from "./scrollers.js";
import { startSlides } from "./slides.js";
import { startStanding } from "./standing.js";
import { startTheme } from "./theme.js";
import { startTimes } from "./times.js";
import { startTogether } from "./together.js";

document.documentElement.classList.add("has-script");

/**
 * Loads the editor only where a text field asks for it; it is by far the largest script.
 * @param {ParentNode} root
 */
async function startEditors(root) {
  if (!root.querySelector('textarea[data-editor="markdown"]')) return;
  const { mountEditors } = await import("./editor.js");
  mountEditors(root);
}

/** @param {ParentNode} root */
function dress(root) {
  startTimes(root);
  startScrollers(root);
  startAutosave(root);
  startTogether(root);
  startStanding(root);
  startPlainHints(root);
  startEditors(root);
}

startTheme();
startMenus();
startKeys();
startConfirm();
startSlides();
startLive(dress);
dress(document);
