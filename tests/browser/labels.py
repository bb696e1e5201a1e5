"""Whether the words of a figure can be read in the page: none on another word or on a foreign mark, none cut off.

All of it runs in the page: a figure is put in each state by its own controls, and boxes are compared there.
"""

from __future__ import annotations

import numpy as np

from tests.browser.figures import ANSWERED, FigureOnPage

# What is wrong with the words as the figure stands, one sentence each. Letters do not fill their boxes, so a box is
# taken smaller than it is. A label belongs to a mark (plot.js notes which), and may touch that.
FAULTS = """figure => {
    const smaller = (r, x, y) => ({ left: r.left + x, top: r.top + y, right: r.right - x, bottom: r.bottom - y });
    const meet = (a, b) => Math.min(a.right, b.right) > Math.max(a.left, b.left)
        && Math.min(a.bottom, b.bottom) > Math.max(a.top, b.top);
    const words = [], marks = [], faults = [];
    const say = (node, box, more) => {
        if (node.textContent.trim() && node.checkVisibility())
            words.push({ text: node.textContent, box: smaller(box, 1, 2), ...more });
    };

    for (const node of figure.querySelectorAll('figcaption, p, label, legend, button, .dlfig-value')) {
        const range = document.createRange();
        range.selectNodeContents(node);
        say(node, range.getBoundingClientRect());
    }
    for (const list of figure.querySelectorAll('select')) {
        const pen = document.createElement('canvas').getContext('2d');
        pen.font = getComputedStyle(list).font;
        const longest = Math.max(...[...list.options].map(option => pen.measureText(option.text).width));
        if (list.checkVisibility() && longest > list.clientWidth - 12) faults.push(`cut off: '${list.value}'`);
    }
    for (const svg of figure.querySelectorAll('svg.dlfig-panel')) {
        const at = svg.getBoundingClientRect();
        const boxOf = node => {
            const { x, y, width, height } = node.getBBox();
            return new DOMRect(at.left + x, at.top + y, width, height);
        };
        const [drawn, frame, names] = svg.querySelectorAll(':scope > g[aria-hidden] > g');
        for (const node of frame.querySelectorAll('text')) say(node, boxOf(node), { svg });
        for (const node of names.querySelectorAll('text')) say(node, boxOf(node), { svg, mark: node.mark });
        [...drawn.children].forEach((group, mark) => {
            const { kind } = group, line = group.querySelector('path');
            for (const node of group.querySelectorAll('text')) say(node, boxOf(node), { svg, mark });
            if (!line?.getAttribute('d')) return;
            const boxes = kind === 'point' || kind === 'node' ? [smaller(boxOf(line), 1, 1)] : [];
            if (kind === 'arrow' || kind === 'edge') {
                const clip = line.getAttribute('clip-path')?.match(/#[^)"]+/)[0];
                const plot = clip && svg.querySelector(`${clip} rect`).getBBox(); // what is outside is not to be seen
                for (let way = 0; way <= line.getTotalLength(); way += 2) {
                    const { x, y } = line.getPointAtLength(way);
                    const [right, down] = plot ? [x - plot.x, y - plot.y] : [0, 0];
                    const inside = !plot || (right >= 0 && right <= plot.width && down >= 0 && down <= plot.height);
                    if (inside) boxes.push(new DOMRect(at.left + x - 0.5, at.top + y - 0.5, 1, 1));
                }
            }
            marks.push({ svg, mark, kind, boxes });
        });
        for (const node of svg.querySelectorAll('.dlfig-dot, .dlfig-blank input'))
            marks.push({ svg, kind: 'handle or box', boxes: [smaller(node.getBoundingClientRect(), 1, 1)] });
    }

    const paper = figure.getBoundingClientRect();
    words.forEach(({ text, box, svg, mark }, i) => {
        const outside = box.left < paper.left || box.top < paper.top || box.right > paper.right;
        if (outside || box.bottom > paper.bottom) faults.push(`cut off: '${text}'`);
        for (const other of words.slice(i + 1)) {
            if (meet(box, other.box)) faults.push(`'${text}' lies on '${other.text}'`);
        }
        for (const other of marks) {
            if (other.svg !== svg || (mark !== undefined && other.mark === mark)) continue;
            const ofMap = svg?.querySelector('image') && /^[\\d.]+$/.test(text); // a line's height: arrows cross it
            if (ofMap && other.kind === 'arrow') continue;
            const ink = smaller(box, 1, 2);
            if (other.boxes.some(part => meet(ink, part))) faults.push(`'${text}' lies on a ${other.kind}`);
        }
    });
    return faults;
}"""

# What both walks share. What is found is looked at again when Python has surely answered.
TOOLS = """
    const faultsOf = FAULTS, answered = ANSWERED, found = new Set();
    const quiet = (least, after) => new Promise(done => {
        let timer = setTimeout(finish, least);
        const watch = new MutationObserver(() => { clearTimeout(timer); timer = setTimeout(finish, after); });
        function finish() { watch.disconnect(); done(); }
        watch.observe(figure, { subtree: true, childList: true, attributes: true, characterData: true });
    });
    const put = (input, value) => {
        if (input.type === 'radio' || input.type === 'checkbox') return input.checked === value || input.click();
        input.value = value;
        const event = input.type === 'range' ? 'input' : 'change';
        input.dispatchEvent(new Event(event, { bubbles: true }));
    };
    const look = async state => {
        await quiet(40, 30);
        if (!faultsOf(figure).length) return;
        await answered();
        await quiet(300, 300);
        for (const fault of faultsOf(figure)) found.add(`${state}: ${fault}`);
    };
    const track = figure.querySelector('.dlfig-transport input');
    const afresh = async () => {
        const named = button => button.lastChild.textContent === 'Initial settings' && button.checkVisibility();
        const button = [...figure.querySelectorAll('button.dlfig-button')].find(named);
        button?.click();
        if (button) await answered();
        if (track.checkVisibility()) put(track, 0);
        await quiet(60, 60);
    };
    const inputs = [...figure.querySelectorAll('.dlfig-controls :is(input, select)')];
""".replace("FAULTS", FAULTS).replace("ANSWERED", ANSWERED)

# At the first and the last frame, as the figure opens and, if all is asked for, with each control at both ends.
WALK = """async (figure, everything) => {
    TOOLS
    const firstAndLast = async state => {
        await look(state);
        if (!track.checkVisibility()) return;
        put(track, track.max);
        await look(`${state}, last frame`);
    };
    const ends = input => {
        if (input.type === 'radio') return [true];
        if (input.type === 'checkbox') return [!input.checked];
        if (input.tagName === 'SELECT') return [...input.options].map(option => option.value);
        return input.min === '' ? [] : [input.min, input.max];
    };
    await afresh();
    await firstAndLast('as it opens');
    for (const [input, end] of everything ? inputs.flatMap(input => ends(input).map(end => [input, end])) : []) {
        await afresh();
        put(input, end);
        await firstAndLast(`${input.labels[0]?.textContent} ${end}`);
    }
    await afresh();
    return [...found];
}""".replace("TOOLS", TOOLS)

# Controls and frames as chance has them, one after another: a word stands where it stood while it can.
WANDER = """async (figure, chances) => {
    TOOLS
    const some = (input, chance) => {
        if (input.type === 'radio') return true;
        if (input.type === 'checkbox') return chance < 0.5;
        if (input.tagName === 'SELECT') return input.options[Math.floor(chance * input.options.length)].value;
        const [least, most, step] = ['min', 'max', 'step'].map(name => Number(input[name]) || 0);
        return step ? least + step * Math.round((chance * (most - least)) / step) : least + chance * (most - least);
    };
    await afresh();
    for (const [which, how, when] of chances) {
        const input = inputs[Math.floor(which * inputs.length)];
        if (input && input.min !== '') put(input, some(input, how));
        await answered();
        if (track.checkVisibility()) put(track, Math.round(when * track.max));
        const state = inputs.filter(one => one.type !== 'radio' || one.checked)
            .map(one => `${one.labels[0]?.textContent} ${one.type === 'checkbox' ? one.checked : one.value}`);
        await look([...state, `frame ${track.value}`].join(', '));
    }
    await afresh();
    return [...found];
}""".replace("TOOLS", TOOLS)

MISPLACED = """figure => {
    const [one, other] = figure.querySelectorAll('svg.dlfig-panel text:not(:empty)');
    const place = node => ['x', 'y', 'text-anchor'].map(name => [name, node.getAttribute(name) ?? '']);
    const put = (node, where) => where.forEach(([name, value]) => node.setAttribute(name, value));
    const before = place(other);
    put(other, place(one));
    const found = (FAULTS)(figure);
    put(other, before);
    return found;
}""".replace("FAULTS", FAULTS)


def faults(figure: FigureOnPage, everything: bool) -> list[str]:
    """At its first and last frame as it opens; if all is asked for, with each control at both ends, too."""
    found: list[str] = figure.root.evaluate(WALK, everything)
    return [f"{figure.name}, {fault}" for fault in found]


def faults_by_chance(figure: FigureOnPage, rng: np.random.Generator, moves: int) -> list[str]:
    """While any control is moved and any frame shown, one after another."""
    found: list[str] = figure.root.evaluate(WANDER, rng.random((moves, 3)).tolist())
    return [f"{figure.name}, {fault}" for fault in found]


def faults_once_a_word_is_moved(figure: FigureOnPage) -> list[str]:
    """What is found while the second word of the picture lies on the first."""
    found: list[str] = figure.root.evaluate(MISPLACED)
    return found
