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

/**
 * Why Python does not answer, and what to do, as far as the page lets it be known. JupyterLab and Notebook 7 show their
 * line to the kernel; other pages do not. `lost`: what Python knew of this figure is gone, or a message could not be sent.
 */
function whyNot(model, lost) {
  const kernel = model.widget_manager?.kernel;
  const again = "run the setup cell, then this cell";
  if (kernel === undefined && lost) return `Python was restarted, or is gone: ${again}.`;
  if (kernel === undefined) return `Python does not answer. It is busy; or it was restarted (then ${again}); or this page has none.`;
  if (!kernel || kernel.isDisposed || ["dead", "terminating"].includes(kernel.status)) return `No Python runs here: start one (menu Kernel), ${again}.`;
  if (lost) return `Python was restarted: ${again}.`;
  if (kernel.connectionStatus !== "connected") return `The line to Python is broken: the figure follows when it is back. Was Jupyter closed? Open it anew, ${again}.`;
  if (kernel.status === "busy") return "Python is busy: the figure follows when it is free.";
  return "Python does not answer yet: the figure follows when it does.";
}

/** Tell `listener` each state of the kernel behind a widget, where the page knows it; returns how to stop listening. */
function onStatus(model, listener) {
  const changed = model.widget_manager?.kernel?.statusChanged;
  if (!changed) return () => {};
  const listen = (_, status) => listener(status);
  changed.connect(listen);
  return () => changed.disconnect(listen);
}

/**
 * After a restart: run the setup cell and a figure's cell again in the kernel, and hand back the new widgets.
 * The cells on the page stay as they are. What Python says of an error is thrown.
 */
async function runAgain(model, cells) {
  const manager = model.widget_manager, ids = [];
  for (const code of cells) {
    const future = manager.kernel.requestExecute({ code, stop_on_error: true });
    future.onIOPub = ({ content }) => {
      const id = content.data?.["application/vnd.jupyter.widget-view+json"]?.model_id;
      if (id) ids.push(id);
    };
    const { content } = await future.done;
    if (content.status !== "ok") throw new Error(`${content.ename}: ${content.evalue}`);
  }
  return Promise.all(ids.map((id) => manager.get_model(id)));
}

/**
 * anywidget hands no message on before a promise is fulfilled, and breaks it when the page needs more than two seconds
 * to begin with a widget: on a slow machine the figure would be drawn and never hear from Python. So a widget whose
 * program runs hears by itself, as ipywidgets does it. Where a page keeps its widgets in another way, all stays as it is.
 */
async function hearAlways(model) {
  try {
    const widget = await model.widget_manager.get_model(model.get("own_id"));
    const hear = Object.getPrototypeOf(Object.getPrototypeOf(widget))._handle_comm_msg;
    if (hear && widget.comm) widget.comm.on_msg((message) => hear.call(widget, message));
  } catch {}
}
