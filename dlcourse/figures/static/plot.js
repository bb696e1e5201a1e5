// Draws the panels of a scene as SVG, and lets the reader take hold of what can be moved.
// view.py joins page.js, this file and figure.js into one module: a widget is one module, without a build step.
// Words from the model are only ever set as text, never as HTML.

const SVG = "http://www.w3.org/2000/svg";

// ------------------------------------------------------------------------------------------- small tools

/** Write attributes that differ from what is there: untouched nodes cost no layout and no repaint. */
function set(node, attributes) {
  const was = (node.__was ??= {});
  for (const [name, value] of Object.entries(attributes)) {
    if (was[name] === value) continue;
    was[name] = value;
    if (name === "text") node.textContent = value;
    else if (value === null || value === undefined || value === false) node.removeAttribute(name);
    else node.setAttribute(name, value === true ? "" : value);
  }
  return node;
}

const html = (tag, attributes = {}, ...children) => {
  const node = set(document.createElement(tag), attributes);
  node.append(...children);
  return node;
};

const svg = (tag, attributes = {}, ...children) => {
  const node = set(document.createElementNS(SVG, tag), attributes);
  node.append(...children);
  return node;
};

const clamp = (v, low, high) => Math.min(Math.max(v, low), high);
/** The value that belongs to a frame; long values that come again are there once, and `n` says which it is. */
const byFrame = ({ f, n }, frame) => (n ? f[n[clamp(frame, 0, n.length - 1)]] : f[clamp(frame, 0, f.length - 1)]);
const px = (v) => Math.round(v * 10) / 10;

const pen = document.createElement("canvas").getContext("2d");
const FONT = 13;
const widths = new Map();
function textWidth(words) {
  if (!widths.has(words)) widths.set(words, measure(words));
  return widths.get(words);
}

function measure(words) {
  pen.font = `${FONT}px system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", sans-serif`;
  return pen.measureText(words).width;
}

/** A number in words a person reads: a true minus sign, no more digits than the step has. */
function spell(value, step) {
  const digits = step ? clamp(-Math.floor(Math.log10(step) + 1e-9), 0, 6) : 0;
  const fixed = step && Math.abs(step * 10 ** digits - Math.round(step * 10 ** digits)) > 1e-6 ? digits + 1 : digits;
  return value.toFixed(fixed).replace("-", "−");
}

// --------------------------------------------------------------------------------------- scales and ticks

function makeScale([low, high], kind, from, to) {
  const log = kind === "log";
  const f = log ? Math.log10 : (v) => v;
  const a = f(low), b = f(high);
  const scale = (v) => from + ((f(v) - a) / (b - a)) * (to - from);
  scale.invert = (p) => {
    const v = a + ((p - from) / (to - from)) * (b - a);
    return log ? 10 ** v : v;
  };
  scale.ticks = (spacing) => {
    const most = Math.max(2, Math.abs(to - from) / spacing);
    return log ? logTicks(a, b, most) : linearTicks(low, high, most);
  };
  return scale;
}

function linearTicks(low, high, most) {
  const rough = (high - low) / most;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * ([1, 2, 5, 10].find((m) => m * power >= rough * 0.8) ?? 10);
  const ticks = [];
  for (let k = Math.ceil(low / step - 1e-6); k * step <= high + step * 1e-6; k++) {
    ticks.push([k * step, spell(k === 0 ? 0 : k * step, step)]);
  }
  return ticks;
}

function logTicks(a, b, most) {
  const every = Math.max(1, Math.ceil((b - a) / most));
  const ticks = [];
  if (b - a < 2.2) {
    // so few decades that their powers alone say too little
    for (let k = Math.floor(a); k <= b; k++) {
      for (const m of [1, 2, 5]) {
        const v = Number(`${m}e${k}`), at = Math.log10(v);
        if (at >= a - 1e-9 && at <= b + 1e-9) ticks.push([v, String(v)]);
      }
    }
    return ticks;
  }
  for (let k = Math.ceil(a - 1e-9); k <= b + 1e-9; k += every) {
    const raised = String(k).replace(/./g, (c) => "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"["-0123456789".indexOf(c)]);
    ticks.push([10 ** k, Math.abs(k) <= 3 ? String(Number(`1e${k}`)) : `10${raised}`]);
  }
  return ticks;
}

// ------------------------------------------------------------------------------------------------ shapes

/** Path of one marker. Shapes are the second cue beside colour, with about equal areas. */
function marker(shape, x, y, r) {
  x = px(x), y = px(y);
  if (shape === "triangle") return `M${x} ${px(y - 1.25 * r)}l${px(1.2 * r)} ${px(2.1 * r)}h${px(-2.4 * r)}z`;
  if (shape === "square") return `M${px(x - r)} ${px(y - r)}h${2 * r}v${2 * r}h${-2 * r}z`;
  return `M${px(x - r)} ${y}a${r} ${r} 0 1 0 ${2 * r} 0a${r} ${r} 0 1 0 ${-2 * r} 0z`;
}

/** Path through points; a null leaves a gap. */
function line(points, close = "") {
  let d = "", pen = "M";
  for (const p of points) {
    if (p) (d += `${pen}${px(p[0])} ${px(p[1])}`), (pen = "L");
    else pen = "M";
  }
  return d && d + close;
}

function arrowHead(x0, y0, x1, y1, size = 9) {
  const angle = Math.atan2(y1 - y0, x1 - x0);
  const at = (turn) => `${px(x1 - size * Math.cos(angle + turn))} ${px(y1 - size * Math.sin(angle + turn))}`;
  return `M${at(0.42)}L${px(x1)} ${px(y1)}L${at(-0.42)}z`;
}

// ------------------------------------------------------------------------------------------------ labels

const shared = (a, b) => {
  const w = Math.min(a[2], b[2]) - Math.max(a[0], b[0]), h = Math.min(a[3], b[3]) - Math.max(a[1], b[1]);
  return w > 0 && h > 0 ? w * h : 0;
};

function placesAround(x, y, w, h, least) {
  return [least, least + h + 2].flatMap((gap) => { // close by, or one line of words away
    const inset = gap * 0.4;
    return [
      [x + inset, y - gap - h], [x - inset - w, y - gap - h], [x + inset, y + gap], [x - inset - w, y + gap],
      [x + gap, y - h / 2], [x - gap - w, y - h / 2], [x - w / 2, y - gap - h], [x - w / 2, y + gap],
    ];
  });
}

function placesAlong(points, w, h) {
  const places = [];
  for (const share of [0.97, 0.85, 0.72, 0.6, 0.45, 0.3, 0.15, 0.03]) {
    const [x, y] = points[Math.round(share * (points.length - 1))];
    for (const dx of [-w / 2, -w - 4, 4]) places.push([x + dx, y - h - 4], [x + dx, y + 4]);
  }
  for (const share of [0.97, 0.5, 0.03]) { // a short line among other words: one line of words away
    const [x, y] = points[Math.round(share * (points.length - 1))];
    for (const dx of [-w / 2, -w - 4, 4]) places.push([x + dx, y - 2 * h - 10], [x + dx, y + h + 10]);
  }
  return places;
}

/** The place of each label with the least overlap: the rule of labels.py, for pictures that move. Here any place is
 * better than one on a line, and `before` keeps labels from jumping. */
function placeLabels(labels, taken, dots, frame, before) {
  const placed = [...taken];
  for (const label of labels) {
    let best = Infinity;
    const area = label.w * label.h;
    label.places.forEach(([x, y], rank) => {
      const box = [x, y, x + label.w, y + label.h];
      let covered = 6 * (1 - shared(box, frame) / area);
      // a short word hides under a long one: what counts is the share of the smaller of the two
      for (const o of placed) covered += (4 * shared(box, o)) / Math.min(area, Math.max((o[2] - o[0]) * (o[3] - o[1]), 1));
      for (const [u, v] of dots) {
        if (u >= box[0] - 1 && u <= box[2] + 1 && v >= box[1] - 1 && v <= box[3] + 1) covered += 0.15;
      }
      const stays = before[label.key] === rank && covered < 0.1; // a word jumps only from what it would lie on
      const cost = covered + 0.005 * rank - (stays ? 0.6 : 0);
      if (cost < best) (best = cost), (label.box = box), (label.rank = rank);
    });
    before[label.key] = label.rank;
    placed.push(label.box);
  }
}

/** Points every few pixels along a line, so that a label cannot slip between two far corners. */
function dense(points) {
  const out = points.slice(0, 1);
  for (let i = 1; i < points.length; i++) {
    const [a, b] = points[i - 1], [c, d] = points[i];
    const n = Math.min(200, 1 + Math.floor(Math.max(Math.abs(c - a), Math.abs(d - b)) / 6));
    for (let k = 1; k <= n; k++) out.push([a + ((c - a) * k) / n, b + ((d - b) * k) / n]);
  }
  return out;
}

// ------------------------------------------------------------------------------------------------- panel

const TALL = 340; // the tallest plot, in pixels
const EDGE = { left: 46, right: 14, top: 8, bottom: 40 };
const WIDEST = 560; // of a picture with boxes in a page that is narrower: it is moved sideways

class PanelView {
  constructor(view, index) {
    this.view = view;
    this.index = index;
    this.clip = unique("clip");
    this.before = {}; // where each label stood last
    this.nodes = []; // one group of SVG nodes for each mark
    this.handles = new Map();
    this.blanks = new Map();
    this.ground = svg("rect", { class: "dlfig-ground" });
    this.grid = svg("path", { class: "dlfig-grid" });
    this.zero = svg("path", { class: "dlfig-zero" });
    this.axes = svg("path", { class: "dlfig-axes" });
    this.words = svg("g", { class: "dlfig-words" });
    this.marks = svg("g");
    this.names = svg("g", { class: "dlfig-names" });
    this.hold = svg("g");
    this.clipRect = svg("rect");
    this.defs = svg("defs", {}, svg("clipPath", { id: this.clip }, this.clipRect), ...hatches(this.clip));
    const drawing = svg("g", { "aria-hidden": "true" },
      this.ground, this.grid, this.zero, this.marks, this.axes, this.words, this.names);
    this.svg = svg("svg", { class: "dlfig-panel" }, this.defs, drawing, this.hold);
    this.svg.addEventListener("click", (event) => this.clicked(event));
    this.svg.addEventListener("pointermove", (event) => this.stroked(event));
  }

  get panel() {
    return this.view.store.panels[this.index];
  }

  /** How wide the whole panel would like to be, where there is so much room: [least, most]. */
  wants(height, room) {
    const p = this.panel;
    if (p.equal) {
      const w = (height * (p.xlim[1] - p.xlim[0])) / (p.ylim[1] - p.ylim[0]) + EDGE.left + EDGE.right;
      return [w, w];
    }
    const least = this.view.filled && !p.axes ? Math.max(Math.min(250 * p.width, room), this.room(height)) : 250 * p.width;
    return [least, Math.max(700, least)];
  }

  /** How wide a picture with boxes has to be, so that neither boxes nor words that stand in one row lie on each other. */
  room(height) {
    const { xlim, ylim, marks } = this.panel, down = height / (ylim[1] - ylim[0]);
    const things = marks.flatMap((mark) => {
      const words = mark.kind === "text" && textWidth(mark.string), [w] = mark.kind === "node" ? nodeSize(mark) : [0];
      const sides = { blank: [mark.wide / 2 + 5 + (mark.kind === "blank" && textWidth(mark.caption)), mark.wide / 2], node: [w / 2, w / 2],
        text: { start: [0, words], middle: [words / 2, words / 2], end: [words, 0] }[mark.anchor] }[mark.kind];
      return sides ? [{ x: mark.x, y: mark.y, left: sides[0] + 3, right: sides[1] + 3 }] : [];
    });
    let scale = 0; // pixels for each unit
    for (const one of things) {
      scale = Math.max(scale, one.left / (one.x - xlim[0]), one.right / (xlim[1] - one.x));
      for (const other of things)
        if (other.x - one.x > 0.1 && Math.abs(other.y - one.y) * down < 22) scale = Math.max(scale, (one.right + other.left) / (other.x - one.x));
    }
    return Math.min(scale * (xlim[1] - xlim[0]) + 8 + EDGE.right, WIDEST);
  }

  layout(width, height) {
    const p = this.panel;
    const head = (p.title ? 22 : 0) + (p.ylabel ? 20 : 0) + EDGE.top;
    const foot = p.axes ? EDGE.bottom - (p.xlabel ? 0 : 18) : 8;
    const left = p.axes ? EDGE.left : 8;
    const w = width - left - EDGE.right;
    if (p.equal) height = Math.min(height, (w * (p.ylim[1] - p.ylim[0])) / (p.xlim[1] - p.xlim[0]));
    this.box = { x: left, y: head, w, h: height, width: px(width), height: Math.round(head + height + foot) };
    this.frameKey = ""; // axes are to be drawn anew
    this.draw();
  }

  drawFrame() {
    const p = this.panel, { x, y, w, h, width, height } = this.box;
    const key = JSON.stringify([this.box, p.xlim, p.ylim, p.xscale, p.yscale, p.title, p.xlabel, p.ylabel, p.click]);
    if (key === this.frameKey) return;
    this.frameKey = key;
    this.sx = makeScale(p.xlim, p.xscale, x, x + w);
    this.sy = makeScale(p.ylim, p.yscale, y + h, y);
    set(this.svg, { width, height, viewBox: `0 0 ${width} ${height}` });
    for (const rect of [this.clipRect, this.ground]) set(rect, { x, y, width: px(w), height: px(h) });
    set(this.ground, { class: p.click ? "dlfig-ground dlfig-clickable" : "dlfig-ground" });
    this.svg.classList.toggle("dlfig-brush", Boolean(p.brush));
    const words = [];
    const say = (cls, u, v, string, anchor) => words.push(svg("text", { class: cls, x: px(u), y: px(v), "text-anchor": anchor, text: string }));
    let row = 15;
    if (p.title) say("dlfig-title", 4, row, p.title, "start"), (row += 21);
    if (p.ylabel) say("dlfig-axis", 4, row, p.ylabel, "start");
    let grid = "", zero = "", axes = "";
    if (p.axes) {
      for (const [v, string] of this.sx.ticks(70)) {
        const u = px(this.sx(v));
        if (v === 0 && p.xlim[0] < 0) zero += `M${u} ${y}v${px(h)}`;
        else grid += `M${u} ${y}v${px(h)}`;
        axes += `M${u} ${px(y + h)}v4`;
        say("dlfig-tick", u, y + h + 17, string, "middle");
      }
      for (const [v, string] of this.sy.ticks(58)) {
        const u = px(this.sy(v));
        if (v === 0 && p.ylim[0] < 0) zero += `M${x} ${u}h${px(w)}`;
        else grid += `M${x} ${u}h${px(w)}`;
        axes += `M${x} ${u}h-4`;
        say("dlfig-tick", x - 7, u + 4, string, "end");
      }
      axes += `M${x} ${y}V${px(y + h)}H${px(x + w)}`;
      if (p.xlabel) say("dlfig-axis", x + w / 2, y + h + 35, p.xlabel, "middle");
    }
    set(this.grid, { d: grid });
    set(this.zero, { d: zero });
    set(this.axes, { d: axes });
    this.words.replaceChildren(...words);
  }

  /** One mark at the current frame, with a value that the reader is just changing already in it. */
  at(mark, j) {
    const { store } = this.view;
    const out = {};
    for (const [name, value] of Object.entries(mark)) {
      out[name] = value && value.f ? byFrame(value, store.frame) : value;
    }
    if (mark.drag) this.lead(mark, out, j);
    return out;
  }

  /** A dragged mark stands where the reader put it, not where Python last saw it. */
  lead(mark, out, j) {
    const { store } = this.view;
    const held = store.held && store.held.panel === this.index && store.held.mark === j ? store.held : null;
    let moved = false;
    for (const [axis, name] of Object.entries(mark.drag)) {
      const value = held && axis in held ? held[axis] : store.pending[name];
      if (value === undefined || (mark[axis].f && store.frame !== 0)) continue;
      out[axis] = value;
      moved = true;
    }
    if (!moved || mark.drag.y || !mark.drag.x) return;
    // only x is dragged: stay on the curve that the mark stands on
    const path = this.panel.marks.find((m) => m.kind === "curve" && Array.isArray(m.xs) && on(m, mark, this.panel));
    if (path) out.y = heightOn(path, out.x) ?? out.y;
  }

  draw() {
    this.drawFrame();
    const panel = this.panel;
    const resolved = panel.marks.map((mark, j) => this.at(mark, j));
    while (this.nodes.length > resolved.length) this.nodes.pop().remove();
    const wanted = [], taken = [], dots = [];
    const seen = new Set();
    resolved.forEach((mark, j) => {
      let group = this.nodes[j];
      if (!group || group.kind !== mark.kind) {
        const fresh = svg("g");
        fresh.kind = mark.kind;
        if (group) group.replaceWith(fresh);
        else this.marks.append(fresh);
        group = this.nodes[j] = fresh;
      }
      DRAW[mark.kind]?.(this, group, mark, { wanted, taken, dots, key: j, nodes: resolved });
      if (mark.kind === "point" && mark.drag) this.drawHandle(mark, j), seen.add(j);
    });
    this.drawBlanks(resolved.filter((mark) => mark.kind === "blank"));
    for (const [j, handle] of this.handles) if (!seen.has(j)) handle.remove(), this.handles.delete(j);
    const alone = this.handles.size + this.blanks.size === 0;
    const name = [panel.title || this.view.store.title, panel.axes && panel.xlabel && `across: ${panel.xlabel}`,
      panel.axes && panel.ylabel && `up: ${panel.ylabel}`, panel.words].filter(Boolean).join("; ");
    set(this.svg, { role: alone ? "img" : "group", "aria-label": name });
    const { x, y, w, h } = this.box;
    wanted.sort((a, b) => a.order - b.order);
    placeLabels(wanted, taken, dots, [x, y, x + w, y + h], this.before);
    this.drawNames(wanted);
  }

  drawNames(labels) {
    while (this.names.childNodes.length > labels.length) this.names.lastChild.remove();
    while (this.names.childNodes.length < labels.length) this.names.append(svg("text"));
    labels.forEach((label, i) => {
      set(this.names.childNodes[i], { x: px(label.box[0]), y: px(label.box[3] - 4), text: label.string }).mark = label.key;
    });
  }

  inside(x, y, room = 0.5) {
    const b = this.box;
    return x >= b.x - room && x <= b.x + b.w + room && y >= b.y - room && y <= b.y + b.h + room;
  }

  // -- the reader's hand

  /** A mark that can be moved is a slider: it has a name, a value, the arrow keys, and room for a finger. */
  drawHandle(mark, j) {
    const { store } = this.view;
    let handle = this.handles.get(j);
    if (!handle) {
      handle = svg("g", { class: "dlfig-handle", tabindex: "0", role: "slider" },
        svg("circle", { class: "dlfig-reach", r: 15 }), svg("circle", { class: "dlfig-ring", r: 11 }), svg("path", {}));
      handle.addEventListener("pointerdown", (event) => this.grab(event, handle, j));
      handle.addEventListener("keydown", (event) => this.nudge(event, j));
      this.handles.set(j, handle);
      this.hold.append(handle);
    }
    const style = store.roles[mark.role];
    const x = this.sx(mark.x), y = this.sy(mark.y), b = this.box;
    const seen = Number.isFinite(x) && Number.isFinite(y) && this.inside(x, y, 2);
    // out of the picture the handle waits at the border, so that it can always be taken back
    const u = px(clamp(Number.isFinite(x) ? x : b.x, b.x, b.x + b.w)), v = px(clamp(Number.isFinite(y) ? y : b.y, b.y, b.y + b.h));
    const controls = Object.values(mark.drag).map((name) => store.control(name));
    const value = (c) => store.pending[c.name] ?? store.values[c.name];
    set(handle, {
      transform: `translate(${u} ${v})`,
      "data-away": !seen,
      "aria-label": [mark.label, ...controls.map((c) => c.label)].filter(Boolean).join(": ").replace(/: (?=[^:]*$)/, controls.length > 1 ? " and " : ": "),
      "aria-valuemin": controls[0].low, "aria-valuemax": controls[0].high, "aria-valuenow": value(controls[0]),
      "aria-valuetext": controls.map((c) => `${c.label} ${spellControl(c, value(c))}`).join(", "),
    });
    set(handle.lastChild, { class: "dlfig-dot", style: `fill:var(--dlfig-${style.colour})`, d: marker(style.marker, 0, 0, style.size + 1) });
  }

  /** Boxes to fill in. Python is told what is in one when it is left; Enter goes on to the next. */
  drawBlanks(marks) {
    const names = marks.map((mark) => mark.name).join(" ");
    if (names !== this.blankNames) {
      for (const box of this.blanks.values()) box.node.remove();
      this.blanks = new Map(marks.map((mark) => [mark.name, this.makeBlank(mark.name)]));
      this.blankNames = names;
    }
    for (const mark of marks) {
      const box = this.blanks.get(mark.name), done = mark.verdict === "right" || mark.verdict === "shown";
      set(box.node, { x: px(this.sx(mark.x) - mark.wide / 2), y: px(this.sy(mark.y) - 15), width: mark.wide, height: 30 });
      if (mark.words !== box.words) {
        // what Python says is newer than what stood here, but not than what is being typed
        if (document.activeElement !== box.input || done) box.input.value = mark.words;
        box.words = mark.words;
      }
      set(box.frame, { class: `dlfig-blank ${mark.verdict && `dlfig-${mark.verdict}`}` });
      set(box.input, { "aria-label": [mark.label, mark.verdict].filter(Boolean).join(": "), "aria-invalid": mark.verdict === "wrong" ? "true" : null,
        readonly: done });
      set(box.sign, { text: { right: "✓", wrong: "✗" }[mark.verdict] ?? "" });
    }
  }

  makeBlank(name) {
    // no inputmode "decimal": that keyboard has no minus on some phones, and no way to write a shape or a fraction
    const input = html("input", { type: "text", maxlength: 24, spellcheck: "false", autocomplete: "off", autocapitalize: "off", enterkeyhint: "next" });
    const sign = html("span", { "aria-hidden": "true" });
    const frame = html("div", { class: "dlfig-blank" }, input, sign);
    const node = svg("foreignObject", {}, frame);
    input.addEventListener("change", () => this.view.store.call({ blank: name, words: input.value }));
    input.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || event.shiftKey || event.ctrlKey || event.metaKey) return;
      const all = [...node.closest(".dlfig").querySelectorAll(".dlfig-blank input")];
      all.slice(all.indexOf(input) + 1).find((other) => !other.readOnly)?.focus();
    });
    this.hold.append(node);
    return { node, frame, input, sign, words: "" };
  }

  /** Where the pointer is, in data coordinates. */
  dataAt(event) {
    const r = this.svg.getBoundingClientRect();
    const scale = this.box.width / r.width; // a zoomed page
    return [this.sx.invert((event.clientX - r.left) * scale), this.sy.invert((event.clientY - r.top) * scale)];
  }

  grab(event, handle, j) {
    if (event.button !== 0) return;
    event.preventDefault();
    event.stopPropagation();
    handle.focus({ preventScroll: true });
    handle.setPointerCapture(event.pointerId);
    const { store } = this.view;
    const mark = this.panel.marks[j];
    const move = (e) => {
      if (e.pointerId !== event.pointerId) return;
      const [x, y] = this.dataAt(e);
      const spot = { x, y }, values = {}, held = { panel: this.index, mark: j };
      for (const [axis, name] of Object.entries(mark.drag)) {
        const control = store.control(name);
        held[axis] = clamp(spot[axis], control.low, control.high);
        values[name] = snap(control, spot[axis]);
      }
      store.held = held;
      store.change(values, this.restarts(mark) ? 0 : undefined);
    };
    const drop = () => {
      handle.removeEventListener("pointermove", move);
      store.held = null;
      store.changed();
    };
    handle.addEventListener("pointermove", move);
    handle.addEventListener("lostpointercapture", drop, { once: true });
  }

  /** Moving a mark that travels with the frames means: start here. */
  restarts(mark) {
    return Object.keys(mark.drag).some((axis) => mark[axis] && mark[axis].f);
  }

  nudge(event, j) {
    const { store } = this.view;
    const mark = this.panel.marks[j];
    const { x, y } = mark.drag;
    const big = { PageUp: 10, PageDown: -10 }[event.key] ?? 0;
    const across = { ArrowRight: 1, ArrowLeft: -1 }[event.key] ?? 0;
    const up = { ArrowUp: 1, ArrowDown: -1 }[event.key] ?? 0;
    const values = {};
    const add = (name, n) => {
      if (!name || !n) return;
      const c = store.control(name);
      values[name] = shift(c, store.pending[name] ?? store.values[name], n);
    };
    if (x && y) add(x, across || big), add(y, up);
    else add(x ?? y, across || up || big);
    if (event.key === "Home" || event.key === "End") {
      const c = store.control(x ?? y);
      values[c.name] = event.key === "Home" ? c.low : c.high;
    }
    if (!Object.keys(values).length) return;
    event.preventDefault();
    store.change(values, this.restarts(mark) ? 0 : undefined);
  }

  /** A stroke over a panel with a brush: a click in each unit square that it comes through. */
  stroked(event) {
    if (!this.panel.brush || !(event.buttons & 1)) return;
    const square = this.dataAt(event).map(Math.floor).join();
    if (square === this.square) return;
    this.square = square;
    this.clicked(event);
  }

  clicked(event) {
    if (!this.panel.click || event.target.closest(".dlfig-handle")) return;
    const [x, y] = this.dataAt(event);
    const { xlim, ylim } = this.panel;
    if (x < xlim[0] || x > xlim[1] || y < ylim[0] || y > ylim[1]) return;
    const round = (v, [low, high]) => Number(v.toPrecision(12)) && Math.round(v / ((high - low) / 1000)) * ((high - low) / 1000);
    this.view.store.call({ click: this.index, x: Number(round(x, xlim).toPrecision(6)), y: Number(round(y, ylim).toPrecision(6)) });
  }
}

/** Does the mark (at frame 0) stand on this curve? */
function on(path, mark, panel) {
  const first = (v) => (v && v.f ? byFrame(v, 0) : v);
  const y = heightOn(path, first(mark.x));
  return y !== null && Math.abs(y - first(mark.y)) < 0.015 * (panel.ylim[1] - panel.ylim[0]);
}

/** Height of a curve at x, between its two nearest points. */
function heightOn({ xs, ys }, x) {
  for (let i = 1; i < xs.length; i++) {
    if ((x - xs[i - 1]) * (x - xs[i]) <= 0 && xs[i] !== xs[i - 1] && ys[i] !== null && ys[i - 1] !== null) {
      return ys[i - 1] + ((x - xs[i - 1]) / (xs[i] - xs[i - 1])) * (ys[i] - ys[i - 1]);
    }
  }
  return null;
}

/** Fill patterns: the second cue of regions. */
function hatches(id) {
  const out = [];
  for (const colour of ["blue", "vermillion", "green", "grey", "ink"]) {
    const stroke = { class: "dlfig-hatch", style: `stroke:var(--dlfig-${colour})` };
    out.push(svg("pattern", { id: `${id}-slash-${colour}`, width: 8, height: 8, patternUnits: "userSpaceOnUse", patternTransform: "rotate(45)" },
      svg("path", { d: "M0 0V8", ...stroke })));
    out.push(svg("pattern", { id: `${id}-dot-${colour}`, width: 8, height: 8, patternUnits: "userSpaceOnUse" },
      svg("circle", { cx: 2, cy: 2, r: 0.9, class: "dlfig-hatch", style: `fill:var(--dlfig-${colour});stroke:none` })));
  }
  return out;
}

// ------------------------------------------------------------------------------------------ one per mark

/** The nth child of a group, made when it is first needed. */
function part(group, n, tag) {
  while (group.childNodes.length <= n) group.append(svg(tag));
  return group.childNodes[n];
}

const stroke = (style, extra = "") => `fill:none;stroke:var(--dlfig-${style.colour});stroke-width:${style.width}px${extra}`;
const solid = (style) => `fill:var(--dlfig-${style.colour});stroke:var(--dlfig-paper);stroke-width:.8px`;

function drawLine(view, group, mark, plan) {
  const style = view.view.store.roles[mark.role];
  const count = mark.shown ?? mark.xs.length;
  const points = [];
  for (let i = 0; i < Math.min(count, mark.xs.length); i++) {
    const x = mark.xs[i] === null ? NaN : view.sx(mark.xs[i]), y = mark.ys[i] === null ? NaN : view.sy(mark.ys[i]);
    points.push(Number.isFinite(x) && Number.isFinite(y) ? [x, y] : null);
  }
  set(part(group, 0, "path"), { d: line(points), style: stroke(style), "stroke-dasharray": style.dash || null,
    "clip-path": `url(#${view.clip})`, "stroke-linejoin": "round", "stroke-linecap": style.dash ? "butt" : "round" });
  const whole = points.filter(Boolean);
  if (mark.markers || group.childNodes[1]) { // a group may have drawn another mark before
    const d = !mark.markers ? "" : whole.filter(([x, y]) => view.inside(x, y, 1)).map(([x, y]) => marker(style.marker, x, y, style.size)).join("");
    set(part(group, 1, "path"), { d, style: `fill:var(--dlfig-${style.colour})` });
  }
  const spots = dense(whole).filter(([x, y]) => view.inside(x, y));
  plan.dots.push(...spots);
  if (spots.length) want(plan, mark.label, (w, h) => placesAlong(spots, w, h));
}

function want(plan, label, places, order = 1) {
  if (!label) return;
  const w = textWidth(label), h = FONT + 4;
  plan.wanted.push({ string: label, w, h, places: places(w, h), key: plan.key, order });
}

function drawArea(view, group, mark, corners) {
  const style = view.view.store.roles[mark.role];
  const d = line(corners.filter(([x, y]) => Number.isFinite(x) && Number.isFinite(y)), "z");
  const clip = `url(#${view.clip})`;
  set(part(group, 0, "path"), { d, "clip-path": clip, style: `fill:var(--dlfig-${style.colour})`, "fill-opacity": mark.opacity ?? style.fill });
  const hatch = { "/": "slash", ".": "dot" }[style.hatch];
  if (hatch) set(part(group, 1, "path"), { d, "clip-path": clip, fill: `url(#${view.clip}-${hatch}-${style.colour})` });
  else if (group.childNodes[1]) set(group.childNodes[1], { d: "" }); // it was hatched in another frame
}

const DRAW = {
  curve: drawLine,
  polyline: drawLine,

  point(view, group, mark, plan) {
    const style = view.view.store.roles[mark.role];
    const x = view.sx(mark.x), y = view.sy(mark.y);
    const seen = Number.isFinite(x) && Number.isFinite(y) && view.inside(x, y, 2);
    const d = seen && !mark.drag ? marker(style.marker, x, y, style.size) : "";
    set(part(group, 0, "path"), { d, style: solid(style) });
    if (!seen) return;
    const r = mark.drag ? 12 : style.size + 2;
    plan.taken.push([x - r, y - r, x + r, y + r]);
    want(plan, mark.label, (w, h) => placesAround(x, y, w, h, r + 2), 0);
  },

  points(view, group, mark, plan) {
    const style = view.view.store.roles[mark.role];
    const spots = mark.xs.map((x, i) => [view.sx(x), view.sy(mark.ys[i])])
      .filter(([x, y]) => Number.isFinite(x) && Number.isFinite(y) && view.inside(x, y, 2));
    set(part(group, 0, "path"), { d: spots.map(([x, y]) => marker(style.marker, x, y, style.size)).join(""), style: solid(style) });
    plan.dots.push(...spots);
    if (spots.length) want(plan, mark.label, (w, h) => placesAlong(spots, w, h));
  },

  arrow(view, group, mark, plan) {
    const style = view.view.store.roles[mark.role];
    const [x0, y0, x1, y1] = [view.sx(mark.x0), view.sy(mark.y0), view.sx(mark.x1), view.sy(mark.y1)];
    const length = Math.hypot(x1 - x0, y1 - y0);
    const back = length > 1 ? Math.min(7, length) / length : 0; // the line ends inside the head
    const clip = `url(#${view.clip})`;
    set(part(group, 0, "path"), { d: line([[x0, y0], [x1 - (x1 - x0) * back, y1 - (y1 - y0) * back]]), style: stroke(style), "clip-path": clip });
    set(part(group, 1, "path"), { d: length > 1 ? arrowHead(x0, y0, x1, y1, Math.min(10, 3 + length / 3)) : "",
      style: `fill:var(--dlfig-${style.colour})`, "clip-path": clip });
    const spots = dense([[x0, y0], [x1, y1]]).filter(([x, y]) => view.inside(x, y));
    plan.dots.push(...spots);
    if (spots.length) want(plan, mark.label, (w, h) => [...placesAround(...spots.at(-1), w, h, 6), ...placesAlong(spots, w, h)]);
  },

  text(view, group, mark, plan) {
    const x = view.sx(mark.x), y = view.sy(mark.y);
    const seen = mark.string && view.inside(x, y);
    const w = seen ? textWidth(mark.string) : 0;
    const left = clamp(x - { start: 0, middle: 0.5, end: 1 }[mark.anchor] * w, view.box.x + 3, view.box.x + view.box.w - w - 3);
    set(part(group, 0, "text"), { x: px(left), y: px(y + 4.5), text: seen ? mark.string : "", class: "dlfig-text" });
    if (!seen) return;
    plan.taken.push([left, y - 9, left + w, y + 9]);
  },

  band(view, group, mark, plan) {
    const up = mark.xs.map((x, i) => [view.sx(x), view.sy(mark.high[i])]);
    const down = mark.xs.map((x, i) => [view.sx(x), view.sy(mark.low[i])]);
    drawArea(view, group, mark, [...up, ...down.reverse()]);
    const middle = dense(up.map(([x, y], i) => [x, (y + down[up.length - 1 - i][1]) / 2])).filter(([x, y]) => view.inside(x, y));
    if (middle.length) want(plan, mark.label, (w, h) => placesAlong(middle, w, h));
  },

  polygon(view, group, mark) {
    drawArea(view, group, mark, mark.xs.map((x, i) => [view.sx(x), view.sy(mark.ys[i])]));
  },

  image(view, group, mark) {
    const [x0, x1, y0, y1] = mark.extent;
    set(part(group, 0, "image"), { href: mark.png, x: px(view.sx(x0)), y: px(view.sy(y1)), width: px(view.sx(x1) - view.sx(x0)),
      height: px(view.sy(y0) - view.sy(y1)), preserveAspectRatio: "none", "clip-path": `url(#${view.clip})` });
  },

  bars(view, group, mark, plan) {
    const style = view.view.store.roles[mark.role];
    const base = view.sy(clamp(0, ...view.panel.ylim));
    const d = mark.xs.map((x, i) => {
      const left = view.sx(x - mark.width / 2), right = view.sx(x + mark.width / 2), top = view.sy(mark.heights[i]);
      plan.taken.push([left, Math.min(top, base), right, Math.max(top, base)]);
      return line([[left, base], [left, top], [right, top], [right, base]], "z");
    }).join("");
    set(part(group, 0, "path"), { d, style: `fill:var(--dlfig-${style.colour});fill-opacity:.85`, "clip-path": `url(#${view.clip})` });
  },

  node(view, group, mark, plan) {
    const style = view.view.store.roles[mark.role];
    const x = view.sx(mark.x), y = view.sy(mark.y), [w, h] = nodeSize(mark);
    const rim = `stroke:var(--dlfig-${style.colour});stroke-width:`;
    set(part(group, 0, "path"), { d: outline(mark.shape, x, y, w, h), style: `fill:var(--dlfig-paper);${rim}1.8px`,
      "stroke-dasharray": style.dash || null });
    // what is given is grey and has a second rim: one cue works without the other
    set(part(group, 1, "path"), { d: mark.shape === "observed" ? marker("circle", x, y, w / 2 - 3.5) : "",
      style: `fill:var(--dlfig-grey);fill-opacity:.28;${rim}1px` });
    set(part(group, 2, "text"), { x: px(x), y: px(y + 4.5), "text-anchor": "middle", text: mark.label, class: "dlfig-text" });
    plan.taken.push([x - w / 2, y - h / 2, x + w / 2, y + h / 2]);
  },

  blank(view, group, mark, plan) {
    const x = view.sx(mark.x), y = view.sy(mark.y), left = x - mark.wide / 2 - 5; // the box is not a drawing: see drawBlanks
    set(part(group, 0, "text"), { x: px(left), y: px(y + 4.5), "text-anchor": "end", text: mark.caption, class: "dlfig-text" });
    plan.taken.push([left - textWidth(mark.caption), y - 15, x + mark.wide / 2, y + 15]);
  },

  edge(view, group, mark, plan) {
    const style = view.view.store.roles[mark.role];
    // an edge runs from border to border of the shapes that stand at its ends
    const ends = [[mark.x0, mark.y0, mark.x1, mark.y1], [mark.x1, mark.y1, mark.x0, mark.y0]].map(([a, b, c, d]) => {
      const [x, y, u, v] = [view.sx(a), view.sy(b), view.sx(c), view.sy(d)];
      const box = plan.nodes.find((n) => n.kind === "node" && n.x === a && n.y === b);
      if (!box) return [x, y];
      const share = border(box, u - x, v - y);
      return [x + (u - x) * share, y + (v - y) * share];
    });
    if (mark.aside) { // to its right: two arrows between the same two shapes stand side by side
      const [along, down] = [ends[1][0] - ends[0][0], ends[1][1] - ends[0][1]], each = mark.aside / (Math.hypot(along, down) || 1);
      for (const end of ends) (end[0] -= down * each), (end[1] += along * each);
    }
    DRAW.arrow({ ...view, view: view.view, sx: (v) => v, sy: (v) => v, clip: view.clip, inside: view.inside.bind(view) }, group,
      { role: mark.role, label: null, x0: ends[0][0], y0: ends[0][1], x1: ends[1][0], y1: ends[1][1] }, plan);
    set(group.firstChild, { "stroke-dasharray": style.dash || null });
    const middle = [(ends[0][0] + ends[1][0]) / 2, (ends[0][1] + ends[1][1]) / 2];
    want(plan, mark.label, (w, h) => [...placesAround(...middle, w, h, 6), ...placesAlong(dense(ends), w, h)]);
  },
};

// -- the shapes of nodes (the same rules as in paper.py)

/** Width and height of a node's shape, in pixels: its words and some room round them. */
function nodeSize(mark) {
  const w = textWidth(mark.label);
  if (mark.shape === "circle" || mark.shape === "observed") return [Math.max(36, w + 17), Math.max(36, w + 17)];
  if (mark.shape === "square") return [Math.max(38, w + 16), Math.max(38, w + 16)];
  if (mark.shape.startsWith("block")) return [Math.max(54, w + 32), 40];
  return [Math.max(34, w + 20), 28];
}

function outline(shape, x, y, w, h) {
  if (shape === "circle" || shape === "observed") return marker("circle", x, y, w / 2);
  if (shape === "square") return marker("square", x, y, w / 2);
  if (shape.startsWith("block")) {
    const way = shape === "block" ? 1 : -1, flat = way * (w - h / 2);
    return `M${px(x - (way * w) / 2)} ${px(y - h / 2)}h${px(flat)}a${h / 2} ${h / 2} 0 0 ${way > 0 ? 1 : 0} 0 ${h}h${px(-flat)}z`;
  }
  const r = 8, corner = (u, v) => `a${r} ${r} 0 0 1 ${u} ${v}`;
  return `M${px(x - w / 2 + r)} ${px(y - h / 2)}h${px(w - 2 * r)}${corner(r, r)}v${h - 2 * r}${corner(-r, r)}` +
    `h${px(2 * r - w)}${corner(-r, -r)}v${2 * r - h}${corner(r, -r)}z`;
}

/** Is the place (dx, dy) from its middle inside a node's shape? */
function within(shape, w, h, dx, dy) {
  if (shape === "circle" || shape === "observed") return Math.hypot(dx, dy) <= w / 2;
  if (Math.abs(dx) > w / 2 || Math.abs(dy) > h / 2) return false;
  const bulge = shape.startsWith("block") ? (shape === "block" ? dx : -dx) - (w - h) / 2 : 0;
  return bulge <= 0 || Math.hypot(bulge, dy) <= h / 2;
}

/** The share of the way (dx, dy) from a node's middle at which its shape, and a little air, is left. */
function border(mark, dx, dy) {
  const [w, h] = nodeSize(mark);
  let low = 0, high = 1;
  for (let k = 0; k < 16; k++) {
    const middle = (low + high) / 2;
    if (within(mark.shape, w, h, dx * middle, dy * middle)) low = middle;
    else high = middle;
  }
  return Math.min(high + 2 / Math.hypot(dx, dy), 0.5);
}
