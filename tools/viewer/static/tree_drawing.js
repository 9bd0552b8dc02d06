// Drawing of a search tree: symbols, colours, labels; which nodes are marked, zoom, what is unfolded.

import { el, number } from "./dom.js";

const WHOLE = 150; // nodes of a tree that is drawn unfolded
const DEPTH = 3; // steps that are seen of a larger one
const ROW = 38, LEAST = 200, LEAST_FOLDED = 460, MOST = 1100; // pixels per leaf, of the drawing
const ROOM = 110; // pixels between two steps from which on their texts are written beside the counts
const ZOOM = 1.35;
const ENDINGS = { correct: ["diamond", "good", "✓"], incorrect: ["rect", "bad", "✗"] };
let chart = null;
let drawn = { key: "", nodes: new Map(), marked: [], unfolded: new Set() };

export const isFolded = (nodes) => nodes.length > WHOLE;
export const counted = (node) => node.trials !== null && node.trials !== undefined && node.trials > 0;
export const valueOf = (node) => (counted(node) ? node.successes / node.trials : node.visits && node.reward !== null ? node.reward / node.visits : node.value ?? node.score ?? null);
export const isNamed = (node) => node.action && node.action !== "root" && node.action !== "step";
const sizeOf = (node) => Math.max(node.visits || 0, node.trials || 0, 1);

/** Nodes from the first below the bare question down to one of them, it included. */
export function wayTo(nodes, node) {
  const way = [];
  for (let one = node; one && way.length < 1000; one = nodes.get(one.parent)) way.unshift(one);
  return way;
}

/** Return nodes as { node, children }, from the roots on. */
export function nested(nodes) {
  const made = new Map(nodes.map((node) => [node.node, { node, children: [] }]));
  const roots = [];
  for (const one of made.values()) (made.get(one.node.parent) ?? { children: roots }).children.push(one);
  return roots;
}

/** Counts of a node, its action, and how it ends, as short as can be. */
export function labelOf(node) {
  const value = counted(node) ? `${node.successes}/${node.trials}` : valueOf(node) === null ? "" : number(valueOf(node), 2);
  const ending = node.terminal ? `${ENDINGS[node.verdict]?.[2] ?? "?"} ${(node.answer ?? "no answer").slice(0, 18)}` : null;
  return [isNamed(node) ? node.action : null, value, ending].filter(Boolean).join(" ") || "·";
}

const leaves = (one) => (one.children.length ? one.children.reduce((sum, child) => sum + leaves(child), 0) : 1);
const depthOf = (one) => 1 + Math.max(0, ...one.children.map(depthOf));
const seen = (one, deep) => (deep && one.children.length ? { ...one, children: one.children.map((child) => seen(child, deep - 1)) } : { ...one, children: [] });

/** Height of the drawing in pixels. */
export function heightOf(roots, nodes) {
  const folded = isFolded(nodes);
  return Math.min(MOST, Math.max(folded ? LEAST_FOLDED : LEAST, ROW * leaves(folded ? seen(roots[0], DEPTH) : roots[0]) + 60));
}

export const variable = (name) => {
  // A canvas knows no light-dark(): the browser computes the colour of an element.
  const probe = el("span", { css: { color: `var(--${name})` } });
  document.body.append(probe);
  const value = getComputedStyle(probe).color;
  probe.remove();
  return value;
};

const channels = (colour) => (colour.match(/[\d.]+/g) ?? [128, 128, 128]).slice(0, 3).map(Number);

function colours() {
  const plain = Object.fromEntries(["ink", "muted", "line", "surface", "accent", "bad"].map((name) => [name, variable(name)]));
  const fills = { good: variable("fill-good"), bad: variable("fill-bad"), unsure: variable("fill-unsure") };
  return { ...plain, fills, from: channels(variable("series-2")), middle: channels(variable("middle")), to: channels(variable("series-1")) };
}

function colourOf(node, tint) {
  if (node.terminal) return tint.fills[ENDINGS[node.verdict]?.[1] ?? "unsure"];
  const value = valueOf(node);
  if (value === null || value === undefined) return tint.muted;
  const share = Math.min(1, Math.max(0, value));
  const mix = (from, to, t) => `rgb(${from.map((part, place) => Math.round(part + (to[place] - part) * t)).join(",")})`;
  return share < 0.5 ? mix(tint.from, tint.middle, 2 * share) : mix(tint.middle, tint.to, 2 * share - 1);
}

// The library reads {name|text} as a style: a thin space behind the brace keeps a text one.
const plain = (text) => text.replaceAll("{", "{\u200a");

function asData(one, look) {
  const { node, children } = one;
  const { tint, path, first, room } = look;
  const text = room >= ROOM && !node.terminal && node.parent !== null ? (node.text ?? "").trim().replace(/\s+/g, " ").slice(0, 60) : "";
  const isFirst = node.node === first;
  return {
    name: String(node.node), value: node.node,
    symbol: node.terminal ? ENDINGS[node.verdict]?.[0] ?? "triangle" : "circle",
    symbolSize: node.terminal ? 10 : Math.min(22, 8 + 2.4 * Math.log2(sizeOf(node))),
    itemStyle: { color: colourOf(node, tint), borderColor: isFirst ? tint.bad : tint.surface, borderWidth: isFirst ? 3 : 1 },
    lineStyle: path.has(node.node) ? { color: tint.accent, width: 3 } : undefined,
    label: { formatter: plain(`${isFirst ? `✗ ${labelOf(node)}${room >= ROOM ? " first wrong" : ""}` : `${labelOf(node)}${text ? ` ${text}` : ""}`}`), width: children.length ? Math.max(40, room - 10) : 104, overflow: "truncate", ...(isFirst ? { color: tint.bad, fontWeight: "bold" } : {}) },
    ...(drawn.unfolded.has(node.node) ? { collapsed: false } : {}),
    children: children.map((child) => asData(child, look)),
  };
}

/** Text of a node for the pointer: a few lines, which the library draws and never reads as HTML. */
function tip(node, next) {
  const words = (node.parent === null ? "the bare question" : (node.text ?? "").trim() || "(nothing)").replace(/\s+/g, " ").slice(0, 330);
  const behind = node.terminal ? null : next ? `${number(next)} ${next === 1 ? "step goes" : "steps go"} on from here` : "nothing is drawn behind it";
  return plain([labelOf(node), ...(words.match(/.{1,55}(?:\s|$)|.{1,55}/g) ?? []).slice(0, 6), behind].filter(Boolean).join("\n"));
}

/**
 * Draw a tree in a box.
 *
 * `marks`: `path` (numbers of the nodes of the open solution), `first` (node of its first wrong step, or null).
 * `choose` hears the number of a node that is pressed.
 */
export function draw(box, roots, nodes, marks, choose) {
  const key = marks.question;
  const old = chart && drawn.key === key && chart.getDom() === box ? chart.getOption().series[0] : null;
  chart?.dispose();
  const tint = colours();
  const narrow = box.clientWidth < 520;
  const folded = isFolded(nodes);
  const [left, right] = narrow ? [30, 90] : [56, 118];
  const byNumber = new Map(nodes.map((node) => [node.node, node]));
  drawn = { key, nodes: byNumber, marked: [], unfolded: folded ? new Set([...(old ? drawn.unfolded : []), ...marks.path, ...marks.way]) : new Set() };
  const deep = folded ? Math.max(DEPTH + 1, marks.path.size) : depthOf(roots[0]);
  const look = { tint, path: marks.path, first: marks.first, room: (box.clientWidth - left - right) / Math.max(1, deep - 1) };
  chart = globalThis.echarts.init(box, null, { renderer: nodes.length > 400 ? "canvas" : "svg" });
  chart.setOption({
    animation: false,
    textStyle: { fontFamily: getComputedStyle(document.body).fontFamily },
    tooltip: { show: !narrow, renderMode: "richText", confine: true, formatter: (at) => (byNumber.has(at.value) ? tip(byNumber.get(at.value), nodes.filter((node) => node.parent === at.value).length) : ""), backgroundColor: tint.surface, borderColor: tint.line, textStyle: { color: tint.ink, fontSize: 12 } },
    series: [{
      type: "tree", data: [asData(roots[0], look)], roam: true, scaleLimit: { min: 0.2, max: 12 }, top: 24, bottom: 16, left, right,
      ...(old ? { zoom: old.zoom, center: old.center } : {}),
      expandAndCollapse: folded, initialTreeDepth: folded ? DEPTH : -1,
      lineStyle: { color: tint.line, width: 1.5, curveness: 0.45 }, emphasis: { itemStyle: { color: "inherit", borderColor: tint.ink, borderWidth: 3 }, lineStyle: { color: tint.muted, width: 3 }, label: { fontWeight: "bold" } },
      label: { position: "top", distance: 3, fontSize: 11, color: tint.ink, verticalAlign: "bottom" },
      leaves: { label: { position: "right", align: "left", verticalAlign: "middle", distance: 6 } },
    }],
  });
  chart.on("click", (event) => {
    if (!event.data) return;
    for (const node of wayTo(byNumber, byNumber.get(event.data.value))) drawn.unfolded.add(node.node);
    choose(event.data.value);
  });
  // What the pointer leaves is no longer marked, unless it is on the way to the chosen node.
  chart.on("mouseout", () => light(drawn.marked));
}

export const isDrawnIn = (box) => chart !== null && chart.getDom() === box;

/** Whether a node may be hidden in what is folded. */
export const mayBeHidden = (way) => way.length > DEPTH + 1 && way.some((node) => !drawn.unfolded.has(node.node));

const light = (names) => names.length && chart.dispatchAction({ type: "highlight", seriesIndex: 0, name: names });

/** Mark the way to the chosen node. Nothing is drawn anew: zoom, place and what is unfolded stay. */
export function mark(way) {
  const names = way.map((node) => String(node.node));
  const gone = drawn.marked.filter((name) => !names.includes(name));
  if (gone.length) chart.dispatchAction({ type: "downplay", seriesIndex: 0, name: gone });
  light(names);
  drawn.marked = names;
}

/** Zoom by one step, in or out. */
export function zoom(closer) {
  chart?.dispatchAction({ type: "treeRoam", seriesIndex: 0, zoom: closer ? ZOOM : 1 / ZOOM, originX: chart.getWidth() / 2, originY: chart.getHeight() / 2 });
}

/** Forget zoom, place and what is unfolded. */
export function forget() {
  drawn.key = "";
}
