// Filters of the list with their counts, what is chosen of them, and the order.

import { badge, el, number, percent, said } from "./dom.js";
import * as link from "./link.js";
import { KEYS, SORTS, valueName } from "./words.js";

const SHORT = 8; // names of a key that are shown before somebody asks for more
const OPEN = new Set(["verdict", "first_error", "pass", "part"]);
// Names that stand before all others, and behind them.
const FIRST = { first_error: ["known"], pass: ["never", "seldom", "half", "mostly", "always", "no samples"] };
const LAST = { first_error: ["none", "unknown"] };
const opened = new Map();

function changed(chosen, key, name, on) {
  const names = new Set(chosen.get(key) ?? []);
  if (on) names.add(name); else names.delete(name);
  const next = new Map(chosen);
  if (names.size) next.set(key, names); else next.delete(key);
  return link.to({ f: link.filterText(next), t: link.read().t });
}

const placeOf = (key, name) => {
  const [first, last] = [(FIRST[key] ?? []).indexOf(name), (LAST[key] ?? []).indexOf(name)];
  return first >= 0 ? first - 1_000 : last >= 0 ? 1e6 + last : Number(name) || 0;
};

function group(key, facts, chosen) {
  if (!facts) return null;
  const asked = chosen.get(key) ?? new Set();
  let names = facts.names.filter((one) => one.n || asked.has(one.name));
  for (const name of asked) if (!names.some((one) => one.name === name)) names.push({ name, shown: name, n: 0 });
  if (names.length < 2 && !asked.size) return null;
  // Names of an order of their own stand in it; all others are sorted by how many there are.
  if (FIRST[key]) names.sort((a, b) => placeOf(key, a.name) - placeOf(key, b.name));
  // Runs follow each other as they were made, and one looks for them by name: all are shown.
  if (key === "part") names.sort((a, b) => a.name.localeCompare(b.name, "en", { numeric: true }));
  const more = key !== "part" && names.length > SHORT && !opened.get(`more ${key}`);
  const left = names.length;
  const kept = (one, place) => place < SHORT || asked.has(one.name) || (LAST[key] ?? []).includes(one.name);
  if (more) names = names.filter(kept);
  return el("details", { class: "group", open: asked.size > 0 || (opened.get(key) ?? OPEN.has(key)), on: { toggle: (event) => opened.set(key, event.target.open) } },
    el("summary", {}, KEYS[key], asked.size ? badge(asked.size) : null),
    el("ul", {}, names.map((one) => el("li", {}, el("label", {},
      el("input", { type: "checkbox", checked: asked.has(one.name), data: { key, name: one.name }, on: { change: (event) => link.go(changed(chosen, key, one.name, event.target.checked)) } }),
      said(valueName(key, one.name) === one.name ? one.shown : valueName(key, one.name), { class: "text name" }), el("span", { class: "number muted" }, number(one.n)))))),
    more && left > names.length ? el("button", { type: "button", class: "small", on: { click: (event) => {
      opened.set(`more ${key}`, true);
      event.target.closest("details").replaceWith(group(key, facts, chosen));
    } } }, `${left - names.length} more`) : null,
    facts.different > facts.names.length ? el("p", { class: "muted small" }, `${number(facts.different)} different; the most frequent are listed.`) : null);
}

function bounds(chosen) {
  const field = (key, words) => {
    const value = [...(chosen.get(key) ?? [])][0];
    const id = `bound-${key}`;
    return el("div", { class: "bound" }, el("label", { for: id }, words), el("input", { id, type: "number", min: 0, max: 100, step: 1, inputmode: "numeric",
      value: value === undefined ? "" : Math.round(1000 * Number(value)) / 10, placeholder: "0–100", on: { change: (event) => {
        const share = event.target.value === "" ? null : Math.min(100, Math.max(0, Number(event.target.value))) / 100;
        const next = new Map(chosen);
        if (share === null) next.delete(key); else next.set(key, new Set([String(share)]));
        link.go(link.to({ f: link.filterText(next), t: link.read().t }));
      } } }), " %");
  };
  const on = chosen.has("sure_below") || chosen.has("sure_above");
  return el("details", { class: "group", open: on || opened.get("sure") || false, on: { toggle: (event) => opened.set("sure", event.target.open) } },
    el("summary", {}, "Sureness of labels"), el("p", { class: "muted small" }, "That of a solution's least sure label. 50 % is a guess, 100 % is certain."), field("sure_below", "below"), field("sure_above", "at least"));
}

/** Words of a filter: [key, name, words] for all that is chosen. */
function inWords(chosen) {
  const all = [...chosen].filter(([key]) => key !== "sort").flatMap(([key, names]) => [...names].map((name) => [key, name]));
  return all.map(([key, name]) => [key, name, key.startsWith("sure_") ? `labels ${key === "sure_below" ? "less than" : "at least"} ${percent(Number(name))} sure` : `${KEYS[key] ?? key}: ${valueName(key, name)}`]);
}

/** What is chosen, as a sentence names it; "" for nothing. */
export const filterWords = (chosen) => inWords(chosen).map(([, , words]) => words).join(", ");

/** Return what is chosen as links that take it away; null for nothing. */
export function chips(chosen) {
  const links = inWords(chosen).map(([key, name, words]) => el("a", { class: "chip", href: changed(chosen, key, name, false), "aria-label": `Without ${words}` }, said(words), el("span", { "aria-hidden": "true" }, "×")));
  return links.length ? el("p", { class: "chips" }, links, el("a", { class: "small", href: link.to({ f: "", t: link.read().t }) }, "clear all")) : null;
}

/** Return the choice of the order. */
export function sorting(chosen) {
  const now = [...(chosen.get("sort") ?? ["order"])][0];
  return el("label", { class: "sorting small" }, "Order ", el("select", { id: "sort", on: { change: (event) => {
    const next = new Map(chosen);
    if (event.target.value === "order") next.delete("sort"); else next.set("sort", new Set([event.target.value]));
    link.go(link.to({ f: link.filterText(next) }));
  } } }, SORTS.map(([value, words]) => el("option", { value, selected: value === now }, words))));
}

/** Return all filters with how many questions there are for each choice. */
export function filters(counts, chosen) {
  const wide = matchMedia("(min-width: 60rem)").matches;
  return el("aside", { class: "filters", "aria-label": "Filters" },
    el("details", { class: "all-filters", open: wide || opened.get("all") || false, on: { toggle: (event) => { if (event.target.classList.contains("all-filters")) opened.set("all", event.target.open); } } },
      el("summary", { class: "filters-title" }, "Filters"), Object.keys(KEYS).map((key) => group(key, counts[key], chosen)), bounds(chosen),
      el("p", { class: "muted small" }, "A number says in how many questions at least one solution is so, whatever else is ticked of the same group. A question counts wherever one of its solutions does. With several groups ticked, one and the same solution has to fit all of them.")));
}
