// Questions with native radio buttons, and progress. Feedback is shown here at once, also while Python is busy.
// Words are only ever set as text; `back-ticked` pieces become <code>.

const h = (tag, attributes = {}, ...children) => {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) if (value !== null) node.setAttribute(name, value);
  node.append(...children);
  return node;
};

const words = (text) => text.split("`").map((piece, i) => (i % 2 ? h("code", {}, piece) : piece));


function makeQuestion(question, number, model, commit, listen) {
  const name = unique("question");
  const before = model.get("state").chosen[question.id];
  const inputs = new Map();
  const options = question.options.map(([option], i) => {
    const input = h("input", { type: "radio", name, id: `${name}-${i}` });
    inputs.set(option, input);
    return h("label", { class: "dlfig-answer", for: `${name}-${i}` }, input, h("span", {}, ...words(option)));
  });
  const legend = h("legend", {}, ...words(number ? `${number}. ${question.text}` : question.text));
  const feedback = h("div", { class: "dlfig-feedback", "aria-live": "polite" });
  const button = h("button", { type: "submit", class: "dlfig-button" }, commit ? "Commit" : "Check answer");
  const fieldset = h("fieldset", { class: "dlfig-question" }, legend, ...options);
  const form = h("form", { class: "dlfig-quiz-form" }, fieldset, h("div", { class: "dlfig-more" }, button), feedback);

  const tell = (mark, text) => {
    const symbol = h("span", { class: "dlfig-mark", "aria-hidden": "true" }, mark);
    feedback.replaceChildren(symbol, h("span", {}, ...words(text)));
  };
  const remark = (text) => feedback.append(h("span", {}, `⚠ ${text}`));
  const show = (option) => {
    const right = option === question.answer;
    const text = question.options.find(([o]) => o === option)[1];
    inputs.get(option).checked = true;
    const verdict = right ? "Right. " : commit ? "Not so. " : "Not quite. ";
    tell(right ? "✓" : "✗", verdict + text);
    if (commit) {
      // a prediction is given once; the choice stays readable
      for (const [o, input] of inputs) input.disabled = o !== option;
      if (document.activeElement === button) inputs.get(option).focus(); // a hidden button would lose the focus
      button.hidden = true;
    }
  };
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const option = [...inputs].find(([, input]) => input.checked)?.[0];
    if (option === undefined) return tell("→", "Choose one of the options first.");
    show(option);
    form.dispatchEvent(new CustomEvent("dlfig-answered", { bubbles: true, detail: { id: question.id, option } }));
    try {
      model.send({ id: question.id, option });
    } catch {
      remark(`This is not kept. ${whyNot(model, true)}`);
    }
  });
  // while another option is being chosen, the old verdict would be read as a verdict on the new one
  form.addEventListener("change", () => feedback.replaceChildren());
  listen((message) => message.id === question.id && remark(message.problem));
  if (before !== undefined) show(before);
  return form;
}

function questions(model, root) {
  const { questions: asked, commit, chosen, routes, folded } = model.get("state");
  const listeners = [];
  const given = new Set(Object.keys(chosen));
  const right = new Set(asked.filter((q) => chosen[q.id] === q.answer).map((q) => q.id));
  const forms = asked.map((q, i) => makeQuestion(q, asked.length > 1 ? i + 1 : 0, model, commit, (f) => listeners.push(f)));
  root.append(...(folded ? [h("details", { class: "dlfig-folded" }, h("summary", {}, folded), ...forms)] : forms));
  if (asked.length > 1 && !folded) {
    const score = h("p", { class: "dlfig-score", "aria-live": "polite" });
    const count = () => score.replaceChildren(`${right.size} of ${asked.length} right`, ...words(verdict()));
    // where to go from here: one sentence for each topic that was missed, once all questions are answered
    const verdict = () => {
      if (!routes) return "";
      const left = asked.length - given.size;
      if (left) return `, ${left} still to answer.`;
      const missed = asked.filter((q) => !right.has(q.id)).map((q) => q.topic);
      return ". " + [...new Set(missed.length ? missed : [""])].map((topic) => routes[topic]).join(" ");
    };
    root.addEventListener("dlfig-answered", ({ detail: { id, option } }) => {
      given.add(id);
      if (asked.find((q) => q.id === id).answer === option) right.add(id);
      else right.delete(id);
      count();
    });
    count();
    root.append(score);
  }
  const receive = (message) => listeners.forEach((f) => f(message));
  model.on("msg:custom", receive);
  return () => model.off("msg:custom", receive);
}

function progress(model, root) {
  const { title, items, done } = model.get("state");
  const id = unique("progress");
  const count = `${done} of ${items.length} passed`;
  root.append(
    h("p", { class: "dlfig-name", id }, title),
    h("div", { class: "dlfig-row" },
      h("progress", { max: Math.max(items.length, 1), value: done, "aria-labelledby": id, "aria-valuetext": count }), h("span", {}, count)),
    h("ul", { class: "dlfig-list" }, ...items.map((item) => h("li", {},
      h("span", { "aria-hidden": "true", class: "dlfig-mark" }, item.symbol), h("span", {}, ...words(item.name)), h("span", { class: "dlfig-state" }, item.state)))),
  );
}

export default {
  initialize({ model }) {
    hearAlways(model);
  },
  render({ model, el }) {
    const root = h("div", { class: "dlfig" });
    const unguard = guardKeys(root);
    el.append(root);
    const close = model.get("state").questions ? questions(model, root) : progress(model, root);
    return () => (unguard(), close?.());
  },
};
