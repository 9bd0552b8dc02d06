// List of questions: filters with counts, order, pages; or the hits of a search, as they come.

import { get, isSame, lines } from "./api.js";
import { badge, duration, el, number, percent, plural, said, verdictBadge } from "./dom.js";
import * as link from "./link.js";
import { KEYS, SORTS, valueName } from "./words.js";

const PAGE = 50;
const SHORT = 8; // names of a key that are shown before somebody asks for more
const OPEN = new Set(["verdict", "first_error", "pass"]);
const ORDER = { first_error: ["known", "none", "unknown"], pass: ["never", "seldom", "half", "mostly", "always", "no samples"] };
const placeIn = (order, name) => (order.includes(name) ? order.indexOf(name) : order.length);
const opened = new Map();

/** List that is shown, for going to the next question: its filter, text, rows, where they begin, how many there are. */
export const current = { f: null, t: "", rows: [], offset: 0, total: 0, version: 0 };
let searching = null;

export const questionLink = (row, more = {}) =>
  link.to({ q: row.id, in: row.in || null, copy: row.copy || null, f: current.f ?? "", t: current.t || null, ...more });

/** Fetch one page of the list that `f` says, and remember it. */
export async function load(f, offset = 0) {
  const page = await get("list", { f, offset, limit: PAGE });
  Object.assign(current, { f, t: "", rows: page.rows, offset: page.offset, total: page.total, version: page.version, of: page.of });
  return page;
}

/** Return the question `by` places behind the one at a place, fetching a page where that is needed; null at an end. */
export async function neighbour(here, by) {
  const place = current.rows.findIndex((row) => isSame(row, here));
  const wanted = place + by;
  if (place < 0) return null;
  if (wanted >= 0 && wanted < current.rows.length) return current.rows[wanted];
  const absolute = current.offset + wanted;
  if (current.t || absolute < 0 || absolute >= current.total) return null;
  await load(current.f, Math.floor(absolute / PAGE) * PAGE);
  return current.rows[absolute - current.offset] ?? null;
}

function rowOf(row, more = null) {
  const rate = row.samples ? row.right / row.samples : null;
  const counts = Object.entries(row.verdicts).filter(([verdict]) => verdict !== "correct" && verdict !== "incorrect");
  return el("tr", { data: { at: row.at } },
    el("th", { scope: "row", class: "question-cell" },
      el("a", { href: questionLink(row, more?.solution ? { s: more.solution } : {}), class: "row-link" }, said(row.beginning.length >= 140 ? `${row.beginning}…` : row.beginning || "(no text)")),
      more ? el("p", { class: "hit small" }, el("span", { class: "muted" }, `${more.where}: `), said(more.before), el("mark", {}, said(more.match)), said(more.after),
        more.more ? el("span", { class: "muted" }, ` · in ${plural(more.more, "other text")} of it`) : null) : null,
      el("p", { class: "muted small facts" }, el("span", { class: "mono" }, row.question_id), row.level ? badge(row.level) : null, row.part ? badge(row.part) : null,
        row.status === "ok" ? null : badge(row.failure ? `failed: ${row.failure}` : row.status, "bad"),
        row.flawed ? badge("flawed", "unsure") : null, row.contradicted ? badge("contradicted", "unsure") : null)),
    el("td", { class: "rate", data: { label: "right" } }, rate === null ? el("span", { class: "muted" }, "–") : [
      el("span", { class: "rate-track", "aria-hidden": "true" }, el("span", { class: "rate-fill", css: { width: `${100 * rate}%` } })),
      el("span", { class: "number" }, `${row.right} of ${row.samples}`)]),
    el("td", { data: { label: "solutions" } }, el("span", { class: "badges" },
      row.verdicts.correct ? verdictBadge("correct", row.verdicts.correct) : null,
      row.verdicts.incorrect ? verdictBadge("incorrect", row.verdicts.incorrect) : null,
      counts.map(([verdict, n]) => verdictBadge(verdict, n)))),
    el("td", { class: "step-list", data: { label: "first errors" } }, row.first_errors.length ? `step ${row.first_errors.join(", ")}` : el("span", { class: "muted" }, "–")),
    el("td", { class: "number", data: { label: "time" } }, duration(row.seconds)),
    el("td", { class: "number", data: { label: "calls" } }, number(row.calls)));
}

const table = (rows, caption) => el("table", { class: "questions" },
  el("caption", { class: "visually-hidden" }, caption),
  el("thead", {}, el("tr", {}, ["Question", "Right", "Solutions", "First errors", "Time", "Calls"].map(
    (name, place) => el("th", { scope: "col", class: place > 3 ? "number" : "" }, name)))),
  el("tbody", {}, rows));

function changed(chosen, key, name, on) {
  const names = new Set(chosen.get(key) ?? []);
  if (on) names.add(name); else names.delete(name);
  const next = new Map(chosen);
  if (names.size) next.set(key, names); else next.delete(key);
  return link.to({ f: link.filterText(next), t: link.read().t });
}

function group(key, facts, chosen) {
  const asked = chosen.get(key) ?? new Set();
  let names = facts.names.filter((one) => one.n || asked.has(one.name));
  for (const name of asked) if (!names.some((one) => one.name === name)) names.push({ name, shown: name, n: 0 });
  if (names.length < 2 && !asked.size) return null;
  const order = ORDER[key];
  // Names of an order of their own stand in it, steps behind them; all others are sorted by how many there are.
  if (order) names.sort((a, b) => placeIn(order, a.name) - placeIn(order, b.name) || Number(a.name) - Number(b.name));
  const more = names.length > SHORT && !opened.get(`more ${key}`);
  const left = names.length;
  if (more) names = names.filter((one, place) => place < SHORT || asked.has(one.name));
  return el("details", { class: "group", open: asked.size > 0 || (opened.get(key) ?? OPEN.has(key)), on: { toggle: (event) => opened.set(key, event.target.open) } },
    el("summary", {}, KEYS[key], asked.size ? badge(asked.size) : null),
    el("ul", {}, names.map((one) => el("li", {}, el("label", {},
      el("input", { type: "checkbox", checked: asked.has(one.name), data: { key, name: one.name }, on: { change: (event) => link.go(changed(chosen, key, one.name, event.target.checked)) } }),
      said(valueName(key, one.name) === one.name ? one.shown : valueName(key, one.name), { class: "text name" }), el("span", { class: "number muted" }, number(one.n)))))),
    more ? el("button", { type: "button", class: "small", on: { click: (event) => {
      opened.set(`more ${key}`, true);
      event.target.closest("details").replaceWith(group(key, facts, chosen));
    } } }, `${left - SHORT} more`) : null,
    facts.different > facts.names.length ? el("p", { class: "muted small" }, `${number(facts.different)} different; the most frequent are listed.`) : null);
}

function bounds(chosen) {
  const field = (key, words) => {
    const value = [...(chosen.get(key) ?? [])][0];
    const id = `bound-${key}`;
    return el("div", { class: "bound" }, el("label", { for: id }, words), el("input", { id, type: "number", min: 0, max: 100, step: 1, inputmode: "numeric",
      value: value === undefined ? "" : Math.round(1000 * Number(value)) / 10, placeholder: "%", on: { change: (event) => {
        const share = event.target.value === "" ? null : Math.min(100, Math.max(0, Number(event.target.value))) / 100;
        const next = new Map(chosen);
        if (share === null) next.delete(key); else next.set(key, new Set([String(share)]));
        link.go(link.to({ f: link.filterText(next), t: link.read().t }));
      } } }));
  };
  const on = chosen.has("sure_below") || chosen.has("sure_above");
  return el("details", { class: "group", open: on || opened.get("sure") || false, on: { toggle: (event) => opened.set("sure", event.target.open) } },
    el("summary", {}, "Least sure label"), field("sure_below", "below"), field("sure_above", "at least"));
}

function chips(chosen) {
  const links = [];
  for (const [key, names] of chosen) {
    if (key === "sort") continue;
    for (const name of names) {
      const words = key.startsWith("sure_") ? `least sure label ${key === "sure_below" ? "below" : "at least"} ${percent(Number(name))}` : `${KEYS[key] ?? key}: ${valueName(key, name)}`;
      links.push(el("a", { class: "chip", href: changed(chosen, key, name, false), "aria-label": `Without ${words}` }, said(words), el("span", { "aria-hidden": "true" }, "×")));
    }
  }
  return links.length ? el("p", { class: "chips" }, links, el("a", { class: "small", href: link.to({ f: "", t: link.read().t }) }, "clear all")) : null;
}

function sorting(chosen) {
  const now = [...(chosen.get("sort") ?? ["order"])][0];
  return el("label", { class: "sorting small" }, "Order ", el("select", { id: "sort", on: { change: (event) => {
    const next = new Map(chosen);
    if (event.target.value === "order") next.delete("sort"); else next.set("sort", new Set([event.target.value]));
    link.go(link.to({ f: link.filterText(next) }));
  } } }, SORTS.map(([value, words]) => el("option", { value, selected: value === now }, words))));
}

function pager(f) {
  const turn = (offset, words, id) => el("button", { type: "button", id, disabled: offset < 0 || offset >= current.total, on: { click: async () => {
    await load(f, offset);
    fill(f);
    document.getElementById("results").scrollIntoView();
  } } }, words);
  const last = Math.min(current.offset + PAGE, current.total);
  return el("nav", { class: "row pager", "aria-label": "Pages" }, turn(current.offset - PAGE, "← Previous", "previous-page"),
    el("span", { class: "muted" }, current.total ? `${number(current.offset + 1)}–${number(last)} of ${number(current.total)}` : ""), turn(current.offset + PAGE, "Next →", "next-page"));
}

function fill(f) {
  const rows = current.rows.map((row) => rowOf(row));
  document.getElementById("results").replaceChildren(
    rows.length ? table(rows, "Questions") : el("p", { class: "notice" }, "No question is like this. Take a filter away to see more."), pager(f));
}

function fillSearch(f, t) {
  searching?.abort();
  const stop = (searching = new AbortController());
  Object.assign(current, { f, t, rows: [], offset: 0, total: 0 });
  const body = el("tbody");
  const said_ = el("p", { class: "muted", role: "status", id: "search-status" }, "Searching …");
  const end = el("button", { type: "button", on: { click: () => { stop.abort(); said_.textContent = `Stopped. ${plural(current.rows.length, "hit")}.`; end.remove(); } } }, "Stop");
  const hits = table([], `Questions with the text ${t}`);
  hits.tBodies[0].replaceWith(body);
  document.getElementById("results").replaceChildren(el("div", { class: "row" }, said_, end), hits);
  const ends = { enough: "There are more; narrow the search or the filter.", time: "Stopped after a minute.", done: "", newer: "A newer search ended this one.", failed: "" };
  lines("search", { f, q: t }, stop.signal, (line) => {
    if (line.hit) {
      current.rows.push(line.hit);
      body.append(rowOf(line.hit, line));
    } else if (line.end) {
      said_.textContent = `${plural(current.rows.length, "hit")} in ${plural(line.read ?? 0, "question")}. ${[ends[line.end], line.error].filter(Boolean).join(" ")}`;
      end.remove();
    } else said_.textContent = `${plural(current.rows.length, "hit")} in ${number(line.read)} of ${plural(line.of, "question")} …`;
  }).catch((error) => {
    if (stop.signal.aborted) return;
    said_.textContent = error.message;
    end.remove();
  });
}

/** Fetch a list and its counts; return the function that shows it, or the hits of a search, in `main`. */
export async function prepare({ f = "", t = "" }) {
  const isSearch = t.trim() !== "";
  const [page, counts] = await Promise.all([isSearch ? null : load(f), get("counts", { f })]);
  return (main) => paint(main, { f, t, page, counts, isSearch });
}

function paint(main, { f, t, page, counts, isSearch }) {
  searching?.abort();
  const chosen = link.filter(f);
  const results = el("div", { id: "results" });
  const filters = el("aside", { class: "filters", "aria-label": "Filters" });
  const groups = Object.keys(KEYS).map((key) => group(key, counts[key], chosen));
  const wide = matchMedia("(min-width: 60rem)").matches;
  filters.append(el("details", { class: "all-filters", open: wide || opened.get("all") || false, on: { toggle: (event) => { if (event.target.classList.contains("all-filters")) opened.set("all", event.target.open); } } },
    el("summary", { class: "filters-title" }, "Filters"), groups, bounds(chosen),
    el("p", { class: "muted small" }, "What is asked of solutions is asked of one solution. Counts are of questions.")));
  const head = el("div", { class: "row spread" },
    el("h1", {}, isSearch ? ["“", said(t), "”"] : plural(page.total, "question"), isSearch || page.total === page.of ? null : el("span", { class: "muted of" }, ` of ${number(page.of)}`)),
    isSearch ? el("a", { class: "button", href: link.to({ f }) }, "End search") : sorting(chosen));
  const focused = document.activeElement?.dataset ?? {};
  const { key, name } = focused;
  main.replaceChildren(el("div", { class: "with-filters" }, filters, el("section", { class: "listing" }, head, chips(chosen), results)));
  // A box that was ticked by keyboard keeps the focus.
  if (key) [...filters.querySelectorAll("input[type=checkbox]")].find((box) => box.dataset.key === key && box.dataset.name === name)?.focus();
  if (isSearch) fillSearch(f, t); else fill(f);
}

/** Move the mark of the chosen row by some places, and return nothing: focus is what is chosen. */
export function move(by) {
  const links = [...document.querySelectorAll("#results .row-link")];
  const place = links.indexOf(document.activeElement);
  const next = links[place < 0 ? (by > 0 ? 0 : links.length - 1) : Math.min(links.length - 1, Math.max(0, place + by))];
  if (next) {
    next.focus();
    next.closest("tr").scrollIntoView({ block: "nearest" });
  }
}
