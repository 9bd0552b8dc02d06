// The search tree: its drawing, what a chosen node says, and an outline of text for keyboards and readers of screens.

import { badge, el, number, percent, plural, said, term, verdictBadge } from "./dom.js";
import * as link from "./link.js";
import { open } from "./question.js";
import { isLocated, verdictOf } from "./solutions.js";
import * as drawing from "./tree_drawing.js";

function facts(node) {
  const value = drawing.valueOf(node);
  const pairs = [
    ["Reached the gold answer", drawing.counted(node) ? `${number(node.successes)} of ${plural(node.trials, "rollout")}` : null],
    [drawing.counted(node) ? "Share" : "Value", value === null ? null : percent(value)],
    ["Visits of the search", node.visits || null], ["Mean reward", node.visits && node.reward !== null ? number(node.reward / node.visits, 3) : null],
    ["Score of a verifier", node.score === null ? null : number(node.score, 3)], ["Selections", node.selections || null], ["Ended", node.finish === "length" ? "cut off" : null],
  ].filter(([, words]) => words !== null);
  return el("dl", { class: "facts-list" }, pairs.map(([name, words]) => el("div", {}, el("dt", {}, name), el("dd", {}, words))));
}

function nodeDetail(record, node, way) {
  if (!node) return [el("p", { class: "muted" }, "Choose a node to read it.")];
  const through = node.prefix ? record.solutions.filter((one) => one.steps.some((step) => step.prefix === node.prefix)) : [];
  const opinions = through.flatMap((one) => one.opinions.filter((each) => one.steps[each.step]?.prefix === node.prefix).map((each) => `${each.source} sees the first error here`));
  return [
    el("p", { class: "row" }, badge(node.parent === null ? "bare question" : drawing.isNamed(node) ? node.action : `step ${way.length - 1}`), node.terminal ? verdictBadge(node.verdict ?? "not judged") : null, node.terminal && node.answer ? el("span", {}, "answers ", said(node.answer, { class: "text answer" })) : null),
    said(node.parent === null ? record.question : node.text, { class: "text node-text", id: "node-text" }),
    facts(node),
    opinions.length ? el("p", { class: "small" }, [...new Set(opinions)].map((words) => badge(words, "unsure"))) : null,
    way.length > 2 ? el("details", { open: way.length < 7 }, el("summary", {}, "The way to it"), el("ol", { class: "way" }, way.slice(1).map((one) => el("li", {}, said(one.text))))) : null,
    through.length ? el("p", { class: "small" }, `${plural(through.length, "solution")} through here: `, through.slice(0, 12).map((one) => [
      el("a", { href: link.but({ s: one.solution_id, b: null }), class: "mono", data: { arrive: "solution-area" } }, one.solution_id.slice(0, 8)), " ", verdictBadge(verdictOf(one)), " "]), through.length > 12 ? "…" : null) : null,
  ];
}

function outline(ones, chosen) {
  return el("ul", { class: "outline" }, ones.map(({ node, children }) => el("li", {},
    el("a", { href: link.but({ n: node.node }), data: { node: node.node }, "aria-current": node.node === chosen ? "true" : null },
      el("span", { class: "mono small" }, drawing.labelOf(node)), " ", said(node.parent === null ? "the bare question" : (node.text ?? "").trim().slice(0, 160) || "(nothing)")),
    children.length ? outline(children, chosen) : null)));
}

function legend(record) {
  const nodes = record.tree;
  const visited = nodes.some((node) => node.visits);
  return [
    el("p", { class: "muted small legend" }, "Colour: share of rollouts that reached the gold answer, from ", el("span", { class: "swatch never" }), " none to ", el("span", { class: "swatch always" }), " all. ",
      `Size: ${visited ? "visits of the search" : "rollouts"}. Endings: ◆ ✓ right, ■ ✗ wrong, ▲ ? not judged. Thick blue line: the open solution. Drag to move, Ctrl and scroll to zoom.`, drawing.isFolded(nodes) ? " A click unfolds a node." : "",
      record.left_out.nodes ? ` ${number(record.left_out.nodes)} more nodes are in the JSON.` : ""),
    el("details", { class: "small" }, el("summary", {}, "How rollouts are counted here"),
      el("p", { class: "muted" }, "A node counts the ", term("sample", "samples"), " that came through it and the labellers' ", term("rollout", "rollouts"), " that started at it or passed it. These start at any step, and count there and further on, not above: so a step may have more rollouts than the one before it, and the bare question more than it has samples. ",
        "No text counts at a step that it was the first to reach, and cut off or unreadable ones count nowhere. Only steps that a rollout came through or started at are drawn, with the endings right behind them: other solutions go on beyond the tree.")),
  ];
}

/** Return what is marked of the open solution: its nodes, and that of its first wrong step. */
function marksOf(record) {
  const { solution } = open;
  const prefixes = new Map((solution?.steps ?? []).map((step, index) => [step.prefix, index]));
  const on = record.tree.filter((node) => node.parent === null || (node.prefix && prefixes.has(node.prefix)));
  const first = solution && isLocated(solution) ? on.find((node) => node.parent !== null && prefixes.get(node.prefix) === solution.first_error) : null;
  return { path: new Set(on.map((node) => node.node)), first: first?.node ?? null };
}

function controls(refresh) {
  const button = (words, name, press) => el("button", { type: "button", class: "small", "aria-label": name, on: { click: press } }, words);
  return el("div", { class: "row" }, button("+", "Zoom in", () => drawing.zoom(true)), button("−", "Zoom out", () => drawing.zoom(false)),
    button("Whole tree", null, () => {
      drawing.forget();
      refresh({ anew: true });
    }));
}

/** Return the card of a question's tree; it is drawn when the browser has laid it out. */
export function treeView(record) {
  const nodes = record.tree;
  if (!nodes.length) return el("section", { class: "card", id: "tree-card", "aria-labelledby": "tree-title" }, el("h2", { id: "tree-title" }, "Search tree"), el("p", { class: "muted" }, "This record has none."));
  const roots = drawing.nested(nodes);
  const byNumber = new Map(nodes.map((node) => [node.node, node]));
  const box = el("div", { class: "tree-plot", id: "tree", role: "img", "aria-label": `Search tree of ${plural(nodes.length, "node")}; the same stands below as text`, css: { height: `${drawing.heightOf(roots, nodes)}px` } });
  const detail = el("div", { id: "node", class: "node-detail", "aria-live": "polite", tabindex: -1, data: { arrive: "" } });
  const text = el("details", { class: "tree-text" }, el("summary", {}, "The tree as text"));
  let pressed = null;
  let drawn = "";

  const refresh = ({ anew = false } = {}) => {
    const asked = link.read().n;
    const chosen = asked === undefined ? null : Number(asked);
    const way = drawing.wayTo(byNumber, byNumber.get(chosen));
    detail.replaceChildren(...nodeDetail(record, byNumber.get(chosen), way).filter(Boolean));
    if (text.open) text.replaceChildren(text.firstElementChild, outline(roots, chosen));
    if (!globalThis.echarts || !box.isConnected || !box.clientWidth) return;
    const wanted = [record.question_id, record.created_at, box.clientWidth, open.solution?.solution_id, drawing.variable("page")].join(" ");
    const hidden = drawing.isFolded(nodes) && chosen !== pressed && drawing.mayBeHidden(way);
    if (anew || hidden || wanted !== drawn || !drawing.isDrawnIn(box)) {
      const marks = { ...marksOf(record), way: way.map((node) => node.node), question: `${record.question_id} ${record.created_at} ${box.clientWidth}` };
      drawing.draw(box, roots, nodes, marks, (node) => {
        pressed = node;
        link.go(link.but({ n: node }), { replace: true });
      });
      drawn = wanted;
    }
    drawing.mark(way);
  };
  // The page scrolls over the drawing; with Ctrl it is zoomed.
  box.addEventListener("wheel", (event) => { if (!event.ctrlKey && !event.metaKey) event.stopPropagation(); }, { capture: true, passive: true });
  text.addEventListener("toggle", () => text.open && text.replaceChildren(text.firstElementChild, outline(roots, Number(link.read().n))));
  // The library may come later than the record. Where it does not come at all, the text stands for it.
  if (!globalThis.echarts) addEventListener("load", () => (globalThis.echarts ? refresh() : (text.open = true)), { once: true });
  let width = 0;
  new ResizeObserver(() => {
    if (box.clientWidth && box.clientWidth !== width) {
      width = box.clientWidth;
      refresh();
    }
  }).observe(box);
  open.refreshTree = refresh;
  refresh();
  return el("section", { class: "card", id: "tree-card", "aria-labelledby": "tree-title" },
    el("div", { class: "row spread" }, el("h2", { id: "tree-title" }, "Search tree"), controls(refresh)),
    legend(record), el("div", { class: "tree-area" }, box, detail), text);
}

document.addEventListener("themechange", () => open.refreshTree?.());
