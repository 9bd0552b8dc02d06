// List of questions, in pages; or the hits of a search, as they come.

import { get, isSame, lines } from "./api.js";
import { badge, duration, el, number, percent, plural, said, term, verdictBadge } from "./dom.js";
import { chips, filterWords, filters, sorting } from "./filters.js";
import * as link from "./link.js";

const PAGE = 50;
const BY_SURENESS = ["sure_below", "sure_above"];

/** List that is shown, for going to the next question: its filter, text, rows, where they begin, how many there are. */
export const current = { f: null, t: "", rows: [], offset: 0, total: 0, version: 0 };
let searching = null;
let left = null;

/** Note which record somebody has opened: a list that is shown again begins there. */
export function leftAt(place) {
  left = place;
}

export const questionLink = (row, more = {}) =>
  link.to({ q: row.id, in: row.in || null, copy: row.copy || null, f: current.f ?? "", t: current.t || null, ...more });

/** Fetch one page of the list that `f` says. Who asked takes it (`take`) if it is still wanted when it comes. */
export const load = async (f, offset = 0) => ({ f, t: "", ...await get("list", { f, offset, limit: PAGE }) });

/** Make a page that was fetched the list that is shown. */
export const take = (page) => Object.assign(current, page);

/**
 * Return { row, page } of the question `by` places behind the one at a place; null at an end. `page`, to be taken with
 * the row, was fetched where the row is on another one; else it is null.
 */
export async function neighbour(here, by) {
  const place = current.rows.findIndex((row) => isSame(row, here));
  const wanted = place + by;
  if (place < 0) return null;
  if (wanted >= 0 && wanted < current.rows.length) return { row: current.rows[wanted], page: null };
  const absolute = current.offset + wanted;
  if (current.t || absolute < 0 || absolute >= current.total) return null;
  const page = await load(current.f, Math.floor(absolute / PAGE) * PAGE);
  const row = page.rows[absolute - page.offset];
  return row ? { row, page } : null;
}

/** Whether a list is about how sure labels are, so that its rows say it. */
const isBySureness = (f) => {
  const asked = link.filter(f);
  return BY_SURENESS.some((key) => asked.has(key)) || [...(asked.get("sort") ?? [])].some((sort) => sort.endsWith("confidence"));
};

function rowOf(row, more = null) {
  const rate = row.samples ? row.right / row.samples : null;
  const counts = Object.entries(row.verdicts).filter(([verdict]) => verdict !== "correct" && verdict !== "incorrect");
  return el("tr", { data: { at: row.at } },
    el("th", { scope: "row", class: "question-cell" },
      el("a", { href: questionLink(row, more?.solution ? { s: more.solution } : {}), class: "row-link" }, said(row.beginning.length >= 140 ? `${row.beginning}…` : row.beginning || "(no text)")),
      more ? el("p", { class: "hit small" }, el("span", { class: "muted" }, `${more.where}: `), said(more.before), el("mark", {}, said(more.match)), said(more.after),
        more.more ? el("span", { class: "muted" }, ` · and ${plural(more.more, "more hit")} in this question`) : null) : null,
      el("p", { class: "muted small facts" }, el("span", { class: "mono" }, row.question_id), row.level ? badge(row.level) : null, row.part ? badge(row.part) : null,
        row.status === "ok" ? null : badge(row.failure ? `failed: ${row.failure}` : row.status, "bad"),
        row.flawed ? badge("flawed", "unsure") : null, row.contradicted ? badge("contradicted", "unsure") : null, row.said ? badge(plural(row.said, "annotation"), "here") : null)),
    el("td", { class: "rate", data: { label: "right" } }, rate === null ? el("span", { class: "muted" }, "–") : [
      el("span", { class: "rate-track", "aria-hidden": "true" }, el("span", { class: "rate-fill", css: { width: `${100 * rate}%` } })),
      el("span", { class: "number" }, `${row.right} of ${row.samples}`)]),
    el("td", { data: { label: "solutions" } }, el("span", { class: "badges" },
      row.verdicts.correct ? verdictBadge("correct", row.verdicts.correct) : null,
      row.verdicts.incorrect ? verdictBadge("incorrect", row.verdicts.incorrect) : null,
      counts.map(([verdict, n]) => verdictBadge(verdict, n)))),
    el("td", { class: "step-list", data: { label: "first errors" } }, row.first_errors.length ? `step ${row.first_errors.join(", ")}` : el("span", { class: "muted" }, "–")),
    isBySureness(current.f) ? el("td", { class: "number", data: { label: "least sure" } }, row.sure === null || row.sure === undefined ? "–" : percent(row.sure)) : null,
    el("td", { class: "number", data: { label: "time" } }, duration(row.seconds)),
    el("td", { class: "number", data: { label: "calls" } }, number(row.calls)));
}

const table = (rows, caption) => el("table", { class: "questions" },
  el("caption", {}, el("span", { class: "visually-hidden" }, `${caption}. `), "Right: of the model's independent ", term("sample", "samples"), ". Solutions: different texts, those of labellers' ", term("rollout", "rollouts"), " among them."),
  el("thead", {}, el("tr", {}, ["Question", "Right", "Solutions", "First wrong step", isBySureness(current.f) ? "Least sure" : null, "Time", "Calls"].filter(Boolean).map(
    (name) => el("th", { scope: "col", class: ["Time", "Calls", "Least sure"].includes(name) ? "number" : "" }, name)))),
  el("tbody", {}, rows));

function pager(f) {
  const turn = (offset, words, id) => el("button", { type: "button", id, disabled: offset < 0 || offset >= current.total, on: { click: async ({ currentTarget: button }) => {
    const page = await load(f, offset);
    // Another page, list or question may be shown by now.
    if (!button.isConnected) return;
    take(page);
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
  arrive();
}

/** Choose the row of the question that somebody comes back from. */
function arrive() {
  const at = left === null ? -1 : current.rows.findIndex((row) => isSame(row, left));
  const row = document.querySelectorAll("#results tbody tr")[at];
  if (!row) return;
  left = null;
  row.querySelector(".row-link").focus({ preventScroll: true });
  row.scrollIntoView({ block: "center" });
}

function fillSearch(f, t) {
  searching?.abort();
  const stop = (searching = new AbortController());
  Object.assign(current, { f, t, rows: [], offset: 0, total: 0 });
  const body = el("tbody");
  const hitsSoFar = () => `${plural(current.rows.length, "question")} with a hit`;
  const said_ = el("p", { class: "muted", role: "status", id: "search-status" }, "Searching …");
  const words = filterWords(link.filter(f));
  const narrowed = words ? el("span", { class: "small" }, `Only in questions with ${words}. `, el("a", { href: link.to({ f: "", t }) }, "Search all")) : null;
  const end = el("button", { type: "button", on: { click: () => { stop.abort(); said_.textContent = `Stopped. ${hitsSoFar()}.`; end.remove(); } } }, "Stop");
  const hits = table([], `Questions with the text ${t}`);
  hits.tBodies[0].replaceWith(body);
  document.getElementById("results").replaceChildren(el("div", { class: "row" }, said_, narrowed, end), hits);
  const ends = { enough: "There are more; narrow the search or the filter.", time: "Stopped after a minute.", done: "", newer: "A newer search ended this one.", failed: "" };
  lines("search", { f, q: t }, stop.signal, (line) => {
    if (line.hit) {
      current.rows.push(line.hit);
      body.append(rowOf(line.hit, line));
      arrive();
    } else if (line.end) {
      said_.textContent = `${hitsSoFar()}; ${plural(line.read ?? 0, "question")} read. ${[ends[line.end], line.error].filter(Boolean).join(" ")}`;
      end.remove();
    } else said_.textContent = `${hitsSoFar()}; ${number(line.read)} of ${plural(line.of, "question")} read …`;
  }).catch((error) => {
    if (stop.signal.aborted) return;
    said_.textContent = error.message;
    end.remove();
  });
}

/** Fetch a list and its counts; return the function that shows it, or the hits of a search, in `main`. */
export async function prepare({ f = "", t = "" }, isBack = false) {
  const isSearch = t.trim() !== "";
  if (!isBack) left = null;
  // Back from a question, the page that it stands on.
  const offset = isBack && current.f === f && !current.t ? current.offset : 0;
  const [page, counts] = await Promise.all([isSearch ? null : load(f, offset), get("counts", { f })]);
  return (main) => paint(main, { f, t, page, counts, isSearch });
}

function paint(main, { f, t, page, counts, isSearch }) {
  searching?.abort();
  const chosen = link.filter(f);
  const results = el("div", { id: "results" });
  const aside = filters(counts, chosen);
  const head = el("div", { class: "row spread" },
    el("h1", {}, isSearch ? ["“", said(t), "”"] : plural(page.total, "question"), isSearch || page.total === page.of ? null : el("span", { class: "muted of" }, ` of ${number(page.of)}`)),
    isSearch ? el("a", { class: "button", href: link.to({ f }) }, "End search") : sorting(chosen));
  const { key, name } = document.activeElement?.dataset ?? {};
  main.replaceChildren(el("div", { class: "with-filters" }, aside, el("section", { class: "listing" }, head, chips(chosen), results)));
  // A box that was ticked by keyboard keeps the focus.
  if (key) [...aside.querySelectorAll("input[type=checkbox]")].find((box) => box.dataset.key === key && box.dataset.name === name)?.focus();
  if (isSearch) fillSearch(f, t);
  else {
    take(page);
    fill(f);
  }
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
