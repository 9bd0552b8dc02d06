// The search tree: drawn, zoomable, and as an outline of text for keyboards and readers of screens.

import { badge, el, number, percent, plural, said, verdictBadge } from "./dom.js";
import * as link from "./link.js";
import { open } from "./question.js";

const WHOLE = 150; // nodes of a tree that is drawn unfolded
const ROW = 26, LEAST = 220, MOST = 720; // pixels per leaf, of the drawing
const ZOOM = 1.35;
let chart = null;
let drawnFor = "";
let marked = null;

const variable = (name) => {
  // A canvas knows no light-dark(): the browser computes the colour of an element.
  const probe = el("span", { css: { color: `var(--${name})` } });
  document.body.append(probe);
  const value = getComputedStyle(probe).color;
  probe.remove();
  return value;
};

const counted = (node) => node.trials !== null && node.trials !== undefined && node.trials > 0;
const valueOf = (node) => (counted(node) ? node.successes / node.trials : node.visits && node.reward !== null ? node.reward / node.visits : node.value ?? node.score ?? null);
const sizeOf = (node) => Math.max(node.visits || 0, node.trials || 0, 1);
const isNamed = (node) => node.action && node.action !== "root" && node.action !== "step";

function colourOf(value, colours) {
  if (value === null || value === undefined) return colours.none;
  const share = Math.min(1, Math.max(0, value));
  const mix = (from, to, t) => `rgb(${from.map((part, place) => Math.round(part + (to[place] - part) * t)).join(",")})`;
  return share < 0.5 ? mix(colours.bad, colours.middle, 2 * share) : mix(colours.middle, colours.good, 2 * share - 1);
}

const channels = (colour) => (colour.match(/[\d.]+/g) ?? [128, 128, 128]).slice(0, 3).map(Number);

function colours() {
  return { bad: channels(variable("series-2")), middle: channels(variable("middle")), good: channels(variable("series-1")), none: variable("muted"), ink: variable("ink"), line: variable("line"), surface: variable("surface") };
}

const labelOf = (node) => {
  const value = counted(node) ? `${node.successes}/${node.trials}` : valueOf(node) === null ? "" : number(valueOf(node), 2);
  return [isNamed(node) ? node.action : null, value, node.terminal && node.answer ? `→ ${node.answer.slice(0, 14)}` : null].filter(Boolean).join(" ") || "·";
};

function nested(nodes) {
  const made = new Map(nodes.map((node) => [node.node, { node, children: [] }]));
  const roots = [];
  for (const one of made.values()) (made.get(one.node.parent) ?? { children: roots }).children.push(one);
  return roots;
}

const leaves = (one) => (one.children.length ? one.children.reduce((sum, child) => sum + leaves(child), 0) : 1);

function asData(one, tint) {
  const { node, children } = one;
  return {
    name: String(node.node), value: node.node,
    symbol: node.terminal ? "diamond" : "circle",
    symbolSize: Math.min(34, 9 + 4.2 * Math.log2(sizeOf(node))) * (node.terminal ? 1.15 : 1),
    itemStyle: { color: colourOf(valueOf(node), tint), borderColor: tint.surface, borderWidth: 1 },
    label: { formatter: labelOf(node).replace(/[{}|]/g, " ") },
    children: children.map((child) => asData(child, tint)),
  };
}

function draw(box, roots, nodes) {
  chart?.dispose();
  const tint = colours();
  const narrow = box.clientWidth < 520;
  chart = globalThis.echarts.init(box, null, { renderer: nodes.length > 400 ? "canvas" : "svg" });
  chart.setOption({
    animation: false,
    textStyle: { fontFamily: getComputedStyle(document.body).fontFamily },
    tooltip: { show: false },
    series: [{
      type: "tree", data: [asData(roots[0], tint)], roam: true, scaleLimit: { min: 0.2, max: 12 }, top: 24, bottom: 16, left: narrow ? 30 : 64, right: narrow ? 64 : 110,
      expandAndCollapse: nodes.length > WHOLE, initialTreeDepth: nodes.length > WHOLE ? 3 : -1,
      lineStyle: { color: tint.line, width: 1.5, curveness: 0.45 }, emphasis: { itemStyle: { color: "inherit", borderColor: tint.ink, borderWidth: 3 }, lineStyle: { color: tint.none, width: 2 }, label: { fontWeight: "bold" } },
      label: { position: "top", distance: 4, fontSize: 11, color: tint.ink, verticalAlign: "bottom" },
      leaves: { label: { position: "right", align: "left", verticalAlign: "middle" } },
    }],
  });
  chart.on("click", (event) => { if (event.data) link.go(link.but({ n: event.data.value }), { replace: true }); });
  // What the pointer leaves is no longer marked, unless it is the chosen node.
  chart.on("mouseout", () => mark(marked));
}

/** Mark the chosen node. Nothing is drawn anew: zoom, place and what is unfolded stay. */
function mark(chosen) {
  if (marked !== null && marked !== chosen) chart.dispatchAction({ type: "downplay", seriesIndex: 0, name: String(marked) });
  if (chosen !== null) chart.dispatchAction({ type: "highlight", seriesIndex: 0, name: String(chosen) });
  marked = chosen;
}

const zoom = (by) => chart?.dispatchAction({ type: "treeRoam", seriesIndex: 0, zoom: by, originX: chart.getWidth() / 2, originY: chart.getHeight() / 2 });

function nodeDetail(record, node) {
  if (!node) return [el("p", { class: "muted" }, "Choose a node to read it.")];
  const way = [];
  for (let one = node; one && way.length < 1000; one = record.tree.find((other) => other.node === one.parent)) way.unshift(one);
  const value = valueOf(node);
  const pairs = [
    ["Reached the answer", counted(node) ? `${node.successes} of ${node.trials}` : null], ["Value", value === null ? null : percent(value)],
    ["Visits", node.visits || null], ["Mean reward", node.visits && node.reward !== null ? number(node.reward / node.visits, 3) : null],
    ["Score", node.score === null ? null : number(node.score, 3)], ["Selections", node.selections || null], ["Ended", node.finish === "length" ? "cut off" : null],
  ].filter(([, said_]) => said_ !== null);
  const index = way.length - 2;
  const through = node.prefix ? record.solutions.filter((one) => one.steps.some((step) => step.prefix === node.prefix)) : [];
  const opinions = through.flatMap((one) => one.opinions.filter((each) => one.steps[each.step]?.prefix === node.prefix).map((each) => `${each.source} sees the first error here`));
  return [
    el("p", { class: "row" }, badge(node.parent === null ? "bare question" : isNamed(node) ? node.action : `step ${index + 1}`), node.terminal ? verdictBadge(node.verdict ?? "not judged") : null, node.terminal && node.answer ? el("span", {}, "answers ", said(node.answer, { class: "text answer" })) : null),
    said(node.parent === null ? record.question : node.text, { class: "text node-text", id: "node-text" }),
    el("dl", { class: "facts-list" }, pairs.map(([name, said_]) => el("div", {}, el("dt", {}, name), el("dd", {}, said_)))),
    opinions.length ? el("p", { class: "small" }, [...new Set(opinions)].map((words) => badge(words, "unsure"))) : null,
    way.length > 2 ? el("details", { open: way.length < 7 }, el("summary", {}, "The way to it"), el("ol", { class: "way" }, way.slice(1).map((one) => el("li", {}, said(one.text))))) : null,
    through.length ? el("p", { class: "small" }, `${plural(through.length, "solution")} through here: `, through.slice(0, 12).map((one) => [el("a", { href: link.but({ s: one.solution_id, b: null }), class: "mono" }, one.solution_id.slice(0, 8)), " ", verdictBadge(one.verdict ?? "not judged"), " "])) : null,
  ];
}

function outline(ones, chosen) {
  return el("ul", { class: "outline" }, ones.map(({ node, children }) => el("li", {},
    el("a", { href: link.but({ n: node.node }), data: { node: node.node }, "aria-current": node.node === chosen ? "true" : null },
      el("span", { class: "mono small" }, labelOf(node)), " ", said(node.parent === null ? "the bare question" : (node.text ?? "").trim().slice(0, 160) || "(nothing)")),
    children.length ? outline(children, chosen) : null)));
}

/** Return the card of a question's tree; it is drawn when the browser has laid it out. */
export function treeView(record) {
  const nodes = record.tree;
  if (!nodes.length) return el("section", { class: "card", "aria-labelledby": "tree-title" }, el("h2", { id: "tree-title" }, "Search tree"), el("p", { class: "muted" }, "This record has none."));
  const roots = nested(nodes);
  const box = el("div", { class: "tree-plot", id: "tree", role: "img", "aria-label": `Search tree of ${plural(nodes.length, "node")}; the same stands below as text`,
    css: { height: `${Math.min(MOST, Math.max(LEAST, ROW * leaves(roots[0]) + 60))}px` } });
  const detail = el("div", { id: "node", class: "node-detail", "aria-live": "polite" });
  const text = el("details", { class: "tree-text" }, el("summary", {}, "The tree as text"));

  const refresh = ({ anew = false } = {}) => {
    const asked = link.read().n;
    const chosen = asked === undefined ? null : Number(asked);
    detail.replaceChildren(...nodeDetail(record, nodes.find((node) => node.node === chosen)).filter(Boolean));
    if (text.open) text.replaceChildren(text.firstElementChild, outline(roots, chosen));
    if (!globalThis.echarts || !box.isConnected || !box.clientWidth) return;
    const wanted = [record.question_id, record.created_at, box.clientWidth, variable("page")].join(" ");
    if (anew || wanted !== drawnFor || chart?.getDom() !== box) {
      draw(box, roots, nodes);
      [drawnFor, marked] = [wanted, null];
    }
    mark(chosen);
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
  return el("section", { class: "card", "aria-labelledby": "tree-title" },
    el("div", { class: "row spread" }, el("h2", { id: "tree-title" }, "Search tree"),
      el("div", { class: "row" }, 
        el("button", { type: "button", class: "small", "aria-label": "Zoom in", on: { click: () => zoom(ZOOM) } }, "+"),
        el("button", { type: "button", class: "small", "aria-label": "Zoom out", on: { click: () => zoom(1 / ZOOM) } }, "−"),
        el("button", { type: "button", class: "small", on: { click: () => refresh({ anew: true }) } }, "Whole tree"))),
    el("p", { class: "muted small legend" }, "Colour: share of rollouts that reached the gold answer, from ", el("span", { class: "swatch never" }), " none to ", el("span", { class: "swatch always" }), " all. Size: visits or rollouts. Diamonds end with an answer. Drag to move, Ctrl and scroll to zoom.", nodes.length > WHOLE ? " A click unfolds a node." : "",
      record.left_out.nodes ? ` ${number(record.left_out.nodes)} more nodes are in the JSON.` : ""),
    el("div", { class: "tree-area" }, box, detail), text);
}

document.addEventListener("themechange", () => open.refreshTree?.());
