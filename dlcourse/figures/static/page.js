// What every widget of the course needs on a page that is not its own. Joined before the other files by view.py.

/** A name that nothing else on the page has. Every figure loads its own copy of this file, so the count is the page's. */
const unique = (what) => `dlfig-${what}-${(window.dlfigNames = (window.dlfigNames ?? 0) + 1)}`;

/**
 * JupyterLab's own shortcuts (a: new cell, d d: delete it, arrows: next cell) must not run while the reader uses a
 * figure; Shift+Enter and keys with Ctrl still belong to the notebook. Lab looks for the attribute before any event
 * handler inside the page's content runs, so it is set from the window, which hears of a key first. Notebook 7 tries its
 * shortcuts on the element that has the focus before it looks further up, so that element carries the attribute, too.
 */
function guardKeys(root) {
  const notebooks = (event) => event.ctrlKey || event.metaKey || (event.shiftKey && event.key === "Enter");
  const guard = (event) => {
    if (!root.contains(event.target)) return;
    for (const element of [root, event.target]) {
      if (notebooks(event)) element.removeAttribute("data-lm-suppress-shortcuts");
      else element.setAttribute("data-lm-suppress-shortcuts", "true");
    }
  };
  root.setAttribute("data-lm-suppress-shortcuts", "true");
  root.addEventListener("keydown", (event) => notebooks(event) || event.stopPropagation());
  window.addEventListener("keydown", guard, true);
  return () => window.removeEventListener("keydown", guard, true);
}
