// A page without Python: what was recorded when the page was made answers in its place. `dlcourse` holds the two
// front ends; figures/still.py joins this file to them.

/** What a figure talks to. One control at a time stands elsewhere than at the opening: that is what was recorded. */
function recording({ state, said, settings }) {
  const listeners = new Set();
  const opening = { values: state.values, last_frame: state.last_frame, said, patch: null };
  let now = opening, frame = state.frame, number = state.number;
  const apart = (c, a, b) => (typeof a !== "number" ? Number(a !== b) : c.log ? Math.abs(Math.log(a / b)) : Math.abs(a - b) / (c.high - c.low));

  function choose(values) {
    const moved = state.controls
      .filter((c) => c.name in values && c.name in settings)
      .map((c) => [apart(c, values[c.name], now.values[c.name]), c])
      .sort((a, b) => b[0] - a[0])[0];
    if (!moved || !moved[0]) return;
    const [, c] = moved;
    const known = [{ value: opening.values[c.name], ...opening }, ...settings[c.name]];
    now = known.reduce((best, one) => (apart(c, one.value, values[c.name]) < apart(c, best.value, values[c.name]) ? one : best));
  }

  /** The panels as they open, with what is different now. */
  function panels() {
    const found = structuredClone(state.panels), patch = structuredClone(now.patch) ?? {};
    if (patch.all) return patch.all;
    for (const [i, { marks, all_marks, ...rest }] of Object.entries(patch)) {
      Object.assign(found[i], rest, { click: null, brush: null }, all_marks && { marks: all_marks });
      for (const [j, fields] of Object.entries(marks ?? {})) Object.assign(found[i].marks[j], fields);
    }
    return found;
  }

  return {
    get: () => state,
    on: (_, listener) => listeners.add(listener),
    off: (_, listener) => listeners.delete(listener),
    send(request) {
      if (request.whole) return;
      const back = Object.entries(request.values).every(([name, value]) => value === opening.values[name]);
      if (back && Object.keys(request.values).length > 1) now = opening;
      else choose(request.values);
      frame = Math.min(request.frame ?? frame, now.last_frame);
      const { values, last_frame } = now;
      const answer = { number: ++number, answer_to: request.id, values, last_frame, frame, sentence: now.said[frame], error: "" };
      if (Object.keys(request.values).length) answer.patch = { all: panels() };
      queueMicrotask(() => listeners.forEach((listener) => listener(answer)));
    },
  };
}

/** What questions talk to: nobody keeps the answers. */
const forgetting = (state) => ({ get: () => state, on() {}, off() {}, send() {} });

// A notebook's page draws an output again when it comes into sight, and this script stands in each.
for (const place of document.querySelectorAll(".dlcourse-still:not([data-plays])")) {
  place.dataset.plays = "";
  const data = JSON.parse(place.querySelector("script").textContent);
  const el = document.createElement("div");
  place.append(el);
  if (data.questions) {
    dlcourse.choices.render({ model: forgetting(data), el });
  } else {
    const figure = dlcourse.figure();
    figure.initialize({ model: recording(data) });
    figure.render({ el });
  }
  place.querySelector(".dlcourse-paper").remove();
  const note = place.querySelector(".dlcourse-note");
  if (note) (note.hidden = false), place.append(note);
}
