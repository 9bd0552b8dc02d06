// First page: what is worth a look, with how many questions there are of each.

import { get } from "./api.js";
import { el, number, plural, said } from "./dom.js";
import * as link from "./link.js";
import { FAILURES, KEYS, valueName } from "./words.js";

const LOOKS = [
  ["Right half of the time", "Hard for the model, but not too hard: what a verifier or a teacher learns most from.", "pass=half", "pass", "half"],
  ["Where it goes wrong", "Wrong solutions whose first wrong step is located; slips first: questions that the model mostly gets right.", "verdict=incorrect&first_error=known&sort=-pass", "first_error", "known"],
  ["Least sure labels", "Located first wrong steps that the evidence supports least.", "first_error=known&sort=confidence", "first_error", "known"],
  ["Right, but flawed", "The answer is right, and an audit sees a wrong step all the same.", "flawed=yes", "flawed", "yes"],
  ["Contradicted", "The evidence fits no single first wrong step: often a gold answer or a check that is wrong.", "contradicted=yes", "contradicted", "yes"],
  ["Never right", "No sample reached the gold answer: too hard, or the gold answer is wrong.", "pass=never", "pass", "never"],
  ["Cannot be read", "Answers of which the checker cannot tell what they say.", "verdict=unparsable", "verdict", "unparsable"],
  ["Slowest", "Questions that took longest.", "sort=-seconds", null, null],
];
const SHOWN = 5; // failures
const PASSES = ["never", "seldom", "half", "mostly", "always", "no samples"];

const count = (counts, key, name) => counts[key]?.names.find((one) => one.name === name)?.n ?? 0;

const look = ([title, why, filter, key, name], counts, all) => lookOf(title, key === null ? all : count(counts, key, name), why, filter);

function lookOf(title, n, why, filter) {
  const inner = [el("span", { class: "look-title" }, title), el("span", { class: "look-count" }, number(n)), el("span", { class: "muted small" }, why)];
  return el("li", {}, n ? el("a", { class: "look card", href: link.to({ f: filter }) }, inner) : el("div", { class: "look card none" }, inner));
}

const muted = (text) => el("span", { class: "muted" }, text);

/** Bars of rows { name, n, filter }; each is a share of `all`, or of a number of its own, `of`. */
function bars(rows, all) {
  return el("ul", { class: "bars" }, rows.map((row) => {
    const whole = row.of ?? all;
    const share = whole ? (100 * row.n) / whole : 0;
    return el("li", {}, el("a", { href: link.to({ f: row.filter }) },
      el("span", { class: "bar-name" }, said(row.name)),
      el("span", { class: "bar-track", "aria-hidden": "true" }, el("span", { class: `bar-fill ${row.kind ?? ""}`, css: { width: `${share}%` } })),
      el("span", { class: "number" }, ...(row.of === undefined ? [number(row.n), muted(` · ${number(share, 1)} %`)]
        : row.of ? [`${number(share, 1)} %`, muted(` of ${number(row.of)}`)] : ["no samples"]))));
  }));
}

function failures(counts) {
  const failed = (counts.failure?.names ?? []).filter((one) => one.name !== "").map(
    (one) => ({ name: `failed: ${one.shown}`, n: one.n, filter: new URLSearchParams({ failure: one.name }).toString(), kind: "bad" }));
  const unjudged = Object.entries(FAILURES).map(
    ([name, words]) => ({ name: words, n: count(counts, "verdict", name), filter: `verdict=${name}`, kind: "unsure" }));
  return [...failed, ...unjudged].filter((row) => row.n).sort((a, b) => b.n - a.n);
}

function failuresCard(counts, all) {
  const failing = failures(counts);
  const rest = failing.length > SHOWN ? `${plural(failing.length - SHOWN, "rarer kind")} can be filtered for in the list.` : failing.length && failing.length < SHOWN ? "No other kinds occurred." : "";
  return el("section", { class: "card", "aria-labelledby": "failures" }, el("h2", { id: "failures" }, "Most frequent failures, by questions"),
    failing.length ? bars(failing.slice(0, SHOWN), all) : el("p", { class: "muted" }, "None: every question was finished, and every answer could be judged."),
    el("p", { class: "muted small" }, rest, rest ? " " : "", "Questions that have at least one of each, of all questions. Wrong answers are no failures; none of these ever becomes a negative label."));
}

/** Runs within the folder, such as those of training rounds, with how often the model of each is right. */
function runsCard(runs) {
  const rows = runs.map((run) => ({ name: run.shown || valueName("part", ""), n: run.right, of: run.samples, filter: new URLSearchParams({ part: run.part }).toString() }));
  return el("section", { class: "card", "aria-labelledby": "runs" }, el("h2", { id: "runs" }, `${plural(runs.length, "run")} in this folder`), bars(rows),
    el("p", { class: "muted small" }, "Independent samples that are right. A question that several runs asked counts in each of them, here and in all numbers of this page; solutions written with a hint are no samples. The curves of rounds are in the report: factory report."));
}

/** What people have said, once they have said something: a look at it, and how far they agree. */
function people(said_) {
  if (typeof said_ === "string" || !said_?.annotations) return ["", ""];
  return [lookOf("Annotated steps", said_.annotations, "Steps that people have labelled, and the questions they stand in.", "said=yes"),
    el("p", { class: "muted" }, `What people have said: ${said_.sentence}.`)];
}

/** Fetch what the first page says; return the function that shows it in `main`. */
export async function prepare(state) {
  const counts = await get("counts");
  const runs = counts.part.names.length > 1 ? await get("runs") : [];
  const all = counts.status.names.reduce((sum, one) => sum + one.n, 0);
  return (main) => (all ? paint(main, counts, runs, all, state) : empty(main, state));
}

function empty(main, state) {
  main.replaceChildren(el("h1", {}, "What to look at"), el("p", { class: "notice" },
    state?.progress.phase === "ready" ? "No question is committed yet. This page looks again every few seconds." : "The first records are being read."));
}

function paint(main, counts, runs, all, state) {
  const [annotated, agreement] = people(state.annotations);
  const levels = (counts.level?.names ?? []).slice(0, 8).map(
    (one) => ({ name: one.shown || "no level", n: one.n, filter: new URLSearchParams({ level: one.name }).toString() }));
  main.replaceChildren(
    el("h1", {}, "What to look at"),
    el("p", { class: "muted" }, `${plural(all, "question")} in `, said(state.run_dir, { class: "text mono" }), runs.length ? `, one of several runs counted in each of these ${runs.length} runs` : "", ". Each choice opens the list; every list can be narrowed further."),
    agreement,
    el("ul", { class: "looks" }, LOOKS.map((one) => look(one, counts, all)), annotated),
    el("div", { class: "halves" },
      el("section", { class: "card", "aria-labelledby": "passes" }, el("h2", { id: "passes" }, "How often the model is right"),
        bars(PASSES.map((name) => ({ name: valueName("pass", name), n: count(counts, "pass", name), filter: new URLSearchParams({ pass: name }).toString() }))
          .filter((row) => row.n || row.name !== "no samples"), all)),
      failuresCard(counts, all),
      runs.length ? runsCard(runs) : null,
      levels.length > 1 ? el("section", { class: "card", "aria-labelledby": "levels" }, el("h2", { id: "levels" }, KEYS.level), bars(levels, all)) : null));
}
