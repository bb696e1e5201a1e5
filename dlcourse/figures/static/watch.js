// Which answer cells were edited since they were run. JupyterLab and Notebook 7 mark such cells; Python is told, so that
// `check` can say that what it judged is not what stands on the screen. Elsewhere nothing is marked, and nothing told.

export default {
  initialize({ model }) {
    const edited = new Map(); // name of a function, or number of an exercise -> whether its cell was edited
    let told = null;
    const textOf = (cell) => cell?.querySelector(".cm-content")?.textContent ?? "";
    const look = () => {
      for (const notebook of document.querySelectorAll(".jp-Notebook")) {
        const cells = [...notebook.querySelectorAll(".jp-CodeCell")]; // those that are scrolled away may be missing
        const names = cells.map((cell, i) => {
          const check = textOf(cells[i + 1]).match(/^\s*lesson\.check\(["']([\d.]+)["']/);
          const defined = [...textOf(cell).matchAll(/(?:def|class)\s+(\w+)/g)].map((found) => found[1]);
          return check ? [check[1], ...defined] : defined;
        });
        names.flat().forEach((name) => edited.set(name, false));
        cells.forEach((cell, i) => cell.classList.contains("jp-mod-dirty") && names[i].forEach((name) => edited.set(name, true)));
      }
      const now = [...edited].filter(([, is]) => is).map(([name]) => name);
      if (String(now) === told) return;
      told = String(now);
      try {
        model.send({ edited: now });
      } catch {
        watch.disconnect(); // the kernel was restarted; the next one has a watch of its own
      }
    };
    const watch = new MutationObserver((changes) => changes.some((c) => c.target.classList.contains("jp-CodeCell")) && look());
    watch.observe(document.body, { subtree: true, attributes: true, attributeFilter: ["class"] });
    look();
    return () => watch.disconnect();
  },
};
