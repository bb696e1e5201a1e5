// The front end of every figure: its controls, its state, and the line to Python. plot.js, joined before this file, draws.
//
// Python computes; this file only shows. A change goes to Python at once, but never two requests at a time: what
// changes meanwhile is merged and sent when the answer is there, so a slow link is never flooded and the latest
// value wins. A dragged mark and the step slider do not wait: the browser moves them itself.

// ---------------------------------------------------------------------------------------------- controls

/** Sliders with equal factors have 200 native positions (a recorded one has fewer); the others have the control's own steps. */
const positions = (c) => c.positions ?? 200;
const toValue = (c, position) => c.low * (c.high / c.low) ** (position / positions(c));
const toPosition = (c, value) => Math.round((positions(c) * Math.log(value / c.low)) / Math.log(c.high / c.low));

function snap(c, value) {
  if (c.log) return Number(clamp(toValue(c, toPosition(c, clamp(value, c.low, c.high))), c.low, c.high).toPrecision(3));
  return clamp(Number((c.low + Math.round((value - c.low) / c.step) * c.step).toPrecision(12)), c.low, c.high);
}

function shift(c, value, n) {
  return c.log ? snap(c, toValue(c, clamp(toPosition(c, value) + n, 0, positions(c)))) : snap(c, value + n * c.step);
}

const spellControl = (c, value) =>
  c.log ? String(Number(value.toPrecision(3))).replace("-", "−") : spell(value, c.step);

/** One control: its nodes, and a function that shows a value. */
function makeControl(c, changed) {
  const id = unique("control");
  if (c.kind === "slider") {
    const out = html("span", { class: "dlfig-value", "aria-hidden": "true" });
    const range = c.log ? { min: 0, max: positions(c), step: 1 } : { min: c.low, max: c.high, step: c.step };
    const input = html("input", { type: "range", id, ...range });
    const show = (value) => {
      const at = String(c.log ? toPosition(c, value) : value);
      if (input.value !== at) input.value = at;
      set(input, { "aria-valuetext": spellControl(c, value) });
      set(out, { text: spellControl(c, value) });
    };
    input.addEventListener("input", () => changed(snap(c, c.log ? toValue(c, Number(input.value)) : Number(input.value))));
    return { node: html("div", { class: "dlfig-control" }, html("label", { for: id, text: c.label }), out, input), show };
  }
  if (c.kind === "number") {
    const input = html("input", { type: "number", id, min: c.low, max: c.high, step: c.step });
    const show = (value) => document.activeElement !== input && (input.value = String(value));
    input.addEventListener("change", () => input.value !== "" && changed(clamp(Number(input.value), c.low, c.high)));
    return { node: html("div", { class: "dlfig-control dlfig-row" }, html("label", { for: id, text: c.label }), input), show };
  }
  if (c.kind === "entry") {
    const input = html("input", { type: "text", id, maxlength: c.most, spellcheck: "false", autocomplete: "off" });
    const show = (value) => document.activeElement !== input && (input.value = value);
    input.addEventListener("input", () => changed(input.value));
    return { node: html("div", { class: "dlfig-control dlfig-row dlfig-entry" }, html("label", { for: id, text: c.label }), input), show };
  }
  if (c.kind === "toggle") {
    const input = html("input", { type: "checkbox", id });
    input.addEventListener("change", () => changed(input.checked));
    return { node: html("div", { class: "dlfig-control dlfig-row" }, input, html("label", { for: id, text: c.label })), show: (v) => (input.checked = v) };
  }
  if (c.options.length > 4) {
    const input = html("select", { id }, ...c.options.map(([value, text]) => html("option", { value, text })));
    input.addEventListener("change", () => changed(input.value));
    return { node: html("div", { class: "dlfig-control dlfig-row" }, html("label", { for: id, text: c.label }), input), show: (v) => (input.value = v) };
  }
  const radios = c.options.map(([value, text], i) => {
    const input = html("input", { type: "radio", name: id, value, id: `${id}-${i}` });
    input.addEventListener("change", () => changed(value));
    return [input, html("label", { class: "dlfig-option", for: `${id}-${i}` }, input, text)];
  });
  const node = html("fieldset", { class: "dlfig-control dlfig-choice" }, html("legend", { text: c.label }), ...radios.map((r) => r[1]));
  return { node, show: (v) => radios.forEach(([input]) => (input.checked = input.value === v)) };
}

// ------------------------------------------------------------------------------------------------- store

/** The state of one figure, shared by all its views on the page, and the one line to Python. */
function makeStore(model) {
  const store = { ...structuredClone(model.get("state")), pending: {}, held: null, playing: false, late: "", news: "", lost: false, returning: false, views: new Set() };
  const me = Math.random().toString(36).slice(2); // another page may show the same figure
  let flying = null, count = 0, slow = 0, timer = 0, looking = 0, told = "";
  let next = { values: {}, calls: [], frame: undefined };
  store.spokenOf = store.frame; // the frame that the sentence is about
  let python = model; // where requests go: another widget once the figure was brought back after a restart

  store.control = (name) => store.controls.find((c) => c.name === name);
  store.changed = () => store.views.forEach((view) => view.update());

  function send() {
    if (flying) return;
    const { values, calls, frame } = next;
    if (!calls.length && frame === undefined && !Object.keys(values).length) return;
    next = { values: {}, calls: [], frame: undefined };
    flying = { id: `${me}-${++count}`, values, frame };
    const request = { id: flying.id, values };
    if (calls.length) (request.calls = calls), (request.forms = store.forms());
    if (frame !== undefined) request.frame = frame;
    clearTimeout(slow);
    try {
      if (store.lost) throw new Error("nobody would hear it");
      python.send(request);
      slow = setTimeout(unanswered, 1500);
    } catch {
      forgotten();
    }
  }

  function unanswered() {
    store.late = whyNot(model, false);
    store.changed();
    slow = setTimeout(unanswered, 1500);
  }

  /** The kernel was restarted or is gone: what is drawn can still be played, but nothing new is computed. */
  function forgotten() {
    if (store.returning) return;
    clearTimeout(slow);
    flying = null;
    next = { values: {}, calls: [], frame: undefined };
    Object.assign(store, { lost: true, pending: {} });
    told = "";
    clearInterval(looking);
    looking = setInterval(look, 1000); // a kernel that is started later is another one, which nobody here listens to
    look();
  }

  /** Say why Python is lost, where that is another reason than the last; a kernel may be there again. */
  function look() {
    if (!store.lost || store.returning) return;
    const why = whyNot(model, true);
    if (why !== told) store.late = (told = why) + (store.last_frame > 0 ? " Its steps can still be walked through." : "");
    store.changed();
  }
  const heard = (status) => {
    if (["restarting", "autorestarting", "terminating", "dead"].includes(status)) forgotten();
    else look();
  };
  let ears = onStatus(model, heard);

  /** Whether one press can bring the figure back: there is a kernel, and it is known what to run. */
  store.canReturn = () => store.lost && !store.returning && Boolean(store.run_again?.length) && ["idle", "busy"].includes(model.widget_manager?.kernel?.status);
  store.comeBack = async () => {
    const { values, frame, run_again } = store;
    Object.assign(store, { returning: true, late: "Python runs the setup cell and this one …" });
    store.changed();
    try {
      const mine = (await runAgain(model, run_again)).find((other) => other.get("state")?.title === store.title);
      if (!mine) throw new Error("this cell shows no such figure");
      python.off("msg:custom", receive);
      ears();
      python = mine;
      hearAlways(python);
      python.on("msg:custom", receive);
      ears = onStatus(model, heard);
      Object.assign(store, structuredClone(python.get("state")), { run_again, lost: false, returning: false });
      clearInterval(looking);
      store.spokenOf = store.frame;
      store.late = "";
      store.change(values, frame);
      store.news = "It is back. Your own cells have to be run again."; // until the next change
    } catch (problem) {
      Object.assign(store, { returning: false, late: `That did not help (${problem.message}). Run the cells above, then this one.` });
    }
    store.changed();
  };

  store.forms = () => Object.fromEntries(store.controls.filter((c) => c.kind === "form").map((c) => [c.name, store.values[c.name]]));

  /** The reader changed controls, and perhaps starts from another frame. */
  store.change = (values, frame) => {
    store.news = "";
    const news = Object.entries(values).some(([name, v]) => (store.pending[name] ?? store.values[name]) !== v);
    if (frame !== undefined && frame !== store.frame) (store.frame = next.frame = frame), store.pause();
    if (news) Object.assign(next.values, values), Object.assign(store.pending, values);
    store.changed();
    send();
  };
  store.call = (call) => (next.calls.push(call), send());
  store.go = (frame) => {
    const at = clamp(frame, 0, store.last_frame);
    if (at === store.frame) return;
    store.frame = next.frame = at;
    store.news = "";
    store.changed();
    send();
  };
  store.play = () => {
    // Frames stand still between steps, so nothing moves smoothly. Who asks for less motion gets one step a second.
    const calm = window.matchMedia("(prefers-reduced-motion: reduce)").matches;
    if (store.frame >= store.last_frame) store.go(0);
    store.playing = true;
    const tick = () => {
      if (!store.views.size || store.frame >= store.last_frame) return store.pause();
      store.go(store.frame + 1);
      timer = setTimeout(tick, calm ? 1000 : clamp(6000 / store.last_frame, 90, 500));
    };
    timer = setTimeout(tick, calm ? 1000 : 250);
    store.changed();
  };
  store.pause = () => {
    clearTimeout(timer);
    if (store.playing) (store.playing = false), store.changed();
  };

  function receive(message) {
    if (message.whole) {
      Object.assign(store, message.whole);
      return store.changed();
    }
    const mine = flying && message.answer_to === flying.id;
    if (mine) {
      clearTimeout(slow);
      store.late = "";
      for (const name of Object.keys(flying.values)) if (!(name in next.values)) delete store.pending[name];
      store.spokenOf = message.frame ?? flying.frame ?? store.spokenOf;
      flying = null;
    }
    if (message.number !== store.number + 1) python.send({ whole: true }); // missed one: ask for everything
    store.number = message.number;
    for (const name of ["values", "last_frame", "task", "sentence", "error"]) if (name in message) store[name] = message[name];
    if (message.patch) apply(store, message.patch);
    // a frame that is still on its way to Python is newer than the one in this answer
    if ("frame" in message && next.frame === undefined && (mine || !flying)) store.frame = message.frame;
    store.frame = clamp(store.frame, 0, store.last_frame);
    store.changed();
    if (mine) store.views.forEach((view) => view.answered());
    send();
  }
  model.on("msg:custom", receive);
  store.close = () => (python.off("msg:custom", receive), ears(), clearTimeout(timer), clearTimeout(slow), clearInterval(looking));
  return store;
}

function apply(store, patch) {
  if (patch.all) return void (store.panels = patch.all);
  for (const [i, { marks, all_marks, ...rest }] of Object.entries(patch)) {
    Object.assign(store.panels[i], rest);
    if (all_marks) store.panels[i].marks = all_marks;
    for (const [j, fields] of Object.entries(marks ?? {})) Object.assign(store.panels[i].marks[j], fields);
  }
}

// -------------------------------------------------------------------------------------------------- view

function makeView(store, el) {
  const id = unique("figure");
  const view = { store, panels: [] };
  const title = html("figcaption", { class: "dlfig-name", id: `${id}-name`, text: store.title });
  const box = html("div", { class: "dlfig-panels" });
  const task = html("p", { class: "dlfig-task" });
  const sentence = html("p", { class: "dlfig-sentence" });
  const spoken = html("div", { class: "dlfig-spoken", "aria-live": "polite" });
  const late = html("span", { role: "status" });
  const back_again = html("button", { type: "button", class: "dlfig-button", text: "Run both" });
  back_again.addEventListener("click", () => store.comeBack());
  const note = html("div", { class: "dlfig-late" }, late, back_again);

  // -- Back, Step, Play, Reset and the step slider
  const button = (label, symbol, act, extra = {}) => {
    const node = html("button", { type: "button", class: "dlfig-button", ...extra });
    node.append(html("span", { "aria-hidden": "true", class: "dlfig-symbol", text: symbol }), html("span", { text: label }));
    node.addEventListener("click", act);
    return node;
  };
  const stopping = (act) => () => (store.pause(), act());
  const back = button("Back", "◂", stopping(() => store.go(store.frame - 1)));
  const step = button("Step", "▸", stopping(() => store.go(store.frame + 1)));
  const play = button("Play", "▶", () => (store.playing ? store.pause() : store.play()));
  const reset = button("Reset", "↺", stopping(() => store.go(0)));
  const at = { kind: "slider", name: "frame", label: "step", low: 0, high: 1, step: 1 };
  const track = makeControl(at, (v) => (store.pause(), store.go(v)));
  const transport = html("div", { class: "dlfig-transport", role: "group", "aria-label": "steps" }, back, step, play, reset, track.node);

  // -- the figure's own controls
  const shows = [];
  const plain = [], extra = [];
  let keyed = null; // a button was pressed by a key, when there were so many frames
  for (const c of store.controls) {
    if (c.kind === "action") {
      extra.push(button(c.label, "", (event) => ((keyed = event.detail === 0 ? { frames: store.last_frame } : null), store.call({ name: c.name }))));
    } else if (c.kind === "form") {
      const fields = c.fields.map((f) => {
        const control = makeControl(f, (v) => (store.values[c.name] = { ...store.values[c.name], [f.name]: v }));
        shows.push(() => control.show(store.values[c.name][f.name]));
        return control.node;
      });
      const form = html("form", { class: "dlfig-form", "aria-label": c.label }, ...fields, html("button", { type: "submit", class: "dlfig-button", text: c.label }));
      form.addEventListener("submit", (event) => (event.preventDefault(), store.call({ name: c.name })));
      extra.push(form);
    } else {
      const control = makeControl(c, (v) => store.change({ [c.name]: v }));
      shows.push(() => control.show(store.pending[c.name] ?? store.values[c.name]));
      plain.push(control.node);
    }
  }
  const settings = store.controls.filter((c) => c.kind !== "action" && c.kind !== "form");
  const atStart = () => settings.every((c) => (store.pending[c.name] ?? store.values[c.name]) === c.initial);
  const initial = button("Initial settings", "", () => {
    store.pause();
    store.change(Object.fromEntries(settings.map((c) => [c.name, c.initial])), 0);
  });
  if (plain.length) extra.push(initial), shows.push(() => set(initial, { "aria-disabled": String(atStart()) }));
  const controls = html("div", { class: "dlfig-controls" }, ...plain);
  const more = html("div", { class: "dlfig-more" }, ...extra);
  const desk = html("div", { class: "dlfig-desk" }, note, sentence, transport, controls, more, spoken);
  const body = html("div", { class: "dlfig-body" }, box, desk);
  const root = html("figure", { class: "dlfig", "aria-labelledby": `${id}-name` }, title, task, body);
  if (!store.title) title.remove(), set(root, { "aria-labelledby": null, "aria-label": "figure" });
  const unguard = guardKeys(root);
  el.append(root);

  // -- layout: the width decides everything, so the height never moves while the figure is used
  let width = 0;
  view.layout = () => {
    const gap = 20;
    while (view.panels.length > store.panels.length) view.panels.pop().svg.remove();
    while (view.panels.length < store.panels.length) {
      const panel = new PanelView(view, view.panels.length);
      view.panels.push(panel);
      box.append(panel.svg);
    }
    // boxes do not shrink: where the page is far too narrow for them, the picture is moved sideways
    const has = (p, kind) => p.marks.some((mark) => mark.kind === kind);
    const crowded = (one) => !one.panel.axes && has(one.panel, "node") && one.room(310) > 1.5 * width;
    const filled = (view.filled = store.panels.some((p) => has(p, "blank")) || view.panels.some(crowded));
    set(box, { class: filled ? "dlfig-panels dlfig-sideways" : "dlfig-panels" });
    const tall = clamp(Math.round(width * 0.42), filled ? 310 : 210, TALL);
    let row = [], used = 0;
    const finish = () => {
      const fixed = row.filter((r) => r.least === r.most), free = row.filter((r) => r.least !== r.most);
      const rest = width - gap * (row.length - 1) - fixed.reduce((sum, r) => sum + Math.min(r.least, width), 0);
      const shares = free.reduce((sum, r) => sum + r.panel.panel.width, 0);
      const over = Math.max(0, free.reduce((left, r) => left - r.least, rest));
      for (const r of row) {
        const wide = r.least === r.most ? Math.min(r.least, width) : Math.min(r.most, r.least + (over * r.panel.panel.width) / shares);
        r.panel.layout(Math.floor(wide), tall);
      }
    };
    for (const panel of view.panels) {
      const [least, most] = panel.wants(tall, width);
      if (row.length && used + gap + Math.min(least, width) > width) finish(), (row = []), (used = 0);
      used += (row.length ? gap : 0) + Math.min(least, width);
      const fits = filled && !panel.panel.axes ? least : Math.min(least, width); // boxes are moved sideways, not on each other
      row.push({ panel, least: fits, most: least === most ? fits : most });
    }
    if (row.length) finish();
    // a narrow picture in a wide cell leaves room beside it for the words and the controls
    const widest = view.panels.length === 1 ? view.panels[0].box.width : width;
    set(body, { class: width - widest > 330 ? "dlfig-body dlfig-beside" : "dlfig-body" });
  };

  // -- speaking: the last sentence, when things have been quiet for a moment; never while playing or dragging
  let hush = 0, said = store.sentence, asked = store.task;
  const speak = () => {
    clearTimeout(hush);
    hush = setTimeout(() => {
      const words = store.error || store.sentence;
      if (store.playing || store.held || (words === said && store.task === asked)) return;
      set(spoken, { text: store.task === asked ? words : `${store.task} ${words}` });
      (said = words), (asked = store.task);
    }, 500);
  };

  /** Python has answered. Whoever asked by a key for new boxes, or for a walk, goes on in the first box or with Step. */
  view.answered = () => {
    const boxes = keyed ? [...root.querySelectorAll(".dlfig-blank input")] : [];
    if (boxes.length && store.last_frame > keyed.frames) step.focus();
    else if (boxes.every((input) => !input.value && !input.readOnly)) boxes[0]?.focus();
    keyed = null;
  };

  let shape = "", measured = "", room = 0, played = false;
  view.update = () => {
    if (!width) return;
    const now = JSON.stringify(store.panels.map((p) => [p.equal, p.width, p.axes, !p.title, !p.xlabel, !p.ylabel, (p.equal || !p.axes) && [p.xlim, p.ylim]]));
    if (now !== shape) (shape = now), view.layout();
    else for (const panel of view.panels) panel.draw();
    set(task, { text: store.task, hidden: !store.task });
    const unspoken = (store.lost || store.late) && store.frame !== store.spokenOf && `Step ${store.counted[0] + store.counted[1] * store.frame}. Its sentence comes from Python.`;
    set(sentence, { text: store.error ? `⚠ ${store.error}` : unspoken || store.sentence, class: store.error ? "dlfig-sentence dlfig-error" : "dlfig-sentence" });
    set(transport, { hidden: !(played = store.last_frame > 0 || (played && !store.task)) }); // a new problem has no walk yet
    if (played) {
      const input = transport.querySelector("input");
      set(input, { max: (at.high = store.last_frame) });
      track.show(store.frame);
      const [first, each] = store.counted; // what the sentence calls this frame
      const words = `${first + each * store.frame} of ${first + each * store.last_frame}`;
      set(input, { "aria-valuetext": words });
      set(transport.querySelector(".dlfig-value"), { text: words });
      set(back, { "aria-disabled": String(store.frame === 0) });
      set(step, { "aria-disabled": String(store.frame === store.last_frame) });
      set(reset, { "aria-disabled": String(store.frame === 0) });
      set(play.firstChild, { text: store.playing ? "⏸\uFE0E" : "▶\uFE0E" });
      set(play.lastChild, { text: store.playing ? "Pause" : "Play" });
    }
    shows.forEach((show) => show());
    set(late, { text: store.late || store.news });
    set(note, { hidden: !(store.late || store.news), "data-stays": store.lost ? "" : null });
    set(back_again, { hidden: !store.canReturn() });
    speak();
    if (sentence.textContent === measured) return;
    measured = sentence.textContent; // it may need more lines; room once given stays, so that nothing below moves
    const tall = sentence.offsetHeight;
    if (tall > room) (room = tall), (sentence.style.minHeight = `${tall}px`);
  };

  const watch = new ResizeObserver(() => {
    const now = Math.floor(body.clientWidth);
    if (now && now !== width) {
      width = now;
      sentence.style.minHeight = shape = measured = "";
      room = 0;
      view.update();
    }
  });
  watch.observe(root);
  store.views.add(view);
  return () => (watch.disconnect(), unguard(), clearTimeout(hush), store.views.delete(view), store.views.size || store.pause());
}

export default () => {
  let store;
  return {
    initialize({ model }) {
      hearAlways(model);
      store = makeStore(model);
      return () => store.close();
    },
    render({ el }) {
      return makeView(store, el);
    },
  };
};
