// First page: what is worth a look, with how many questions there are of each.

import { get } from "./api.js";
import { el, number, plural, said } from "./dom.js";
import * as link from "./link.js";
import { FAILURES, KEYS, valueName } from "./words.js";

const LOOKS = [
  ["Right half of the time", "Hard for the policy, but not too hard: what a verifier or a teacher learns most from.", "pass=half", "pass", "half"],
  ["Where it goes wrong", "Wrong solutions whose first wrong step is located, the surest first.", "verdict=incorrect&first_error=known&sort=-confidence", "first_error", "known"],
  ["Least sure labels", "Located first errors that the evidence supports least.", "first_error=known&sort=confidence", "first_error", "known"],
  ["Right, but flawed", "The answer is right, and an audit sees a wrong step all the same.", "flawed=yes", "flawed", "yes"],
  ["Contradicted", "The evidence fits no single first error: often a gold answer or a check that is wrong.", "contradicted=yes", "contradicted", "yes"],
  ["Never right", "No sample reached the gold answer: too hard, or the gold answer is wrong.", "pass=never", "pass", "never"],
  ["Cannot be read", "Answers of which the checker cannot tell what they say.", "verdict=unparsable", "verdict", "unparsable"],
  ["Slowest", "Questions that took longest.", "sort=-seconds", null, null],
];
const PASSES = ["never", "seldom", "half", "mostly", "always"];

const count = (counts, key, name) => counts[key]?.names.find((one) => one.name === name)?.n ?? 0;

function look([title, why, filter, key, name], counts, all) {
  const n = key === null ? all : count(counts, key, name);
  const inner = [el("span", { class: "look-title" }, title), el("span", { class: "look-count" }, number(n)), el("span", { class: "muted small" }, why)];
  return el("li", {}, n ? el("a", { class: "look card", href: link.to({ f: filter }) }, inner) : el("div", { class: "look card none" }, inner));
}

function bars(rows, all) {
  const most = Math.max(1, ...rows.map((row) => row.n));
  return el("ul", { class: "bars" }, rows.map((row) => el("li", {},
    el("a", { href: link.to({ f: row.filter }) },
      el("span", { class: "bar-name" }, said(row.name)),
      el("span", { class: "bar-track", "aria-hidden": "true" }, el("span", { class: `bar-fill ${row.kind ?? ""}`, css: { width: `${(100 * row.n) / most}%` } })),
      el("span", { class: "number" }, number(row.n), all ? el("span", { class: "muted" }, ` · ${number((100 * row.n) / all, 1)} %`) : null)))));
}

function failures(counts) {
  const failed = (counts.failure?.names ?? []).filter((one) => one.name !== "").map(
    (one) => ({ name: `failed: ${one.shown}`, n: one.n, filter: new URLSearchParams({ failure: one.name }).toString(), kind: "bad" }));
  const unjudged = Object.entries(FAILURES).map(
    ([name, words]) => ({ name: words, n: count(counts, "verdict", name), filter: `verdict=${name}`, kind: "unsure" }));
  return [...failed, ...unjudged].filter((row) => row.n).sort((a, b) => b.n - a.n).slice(0, 5);
}

/** Fetch what the first page says; return the function that shows it in `main`. */
export async function prepare(state) {
  const counts = await get("counts");
  const all = counts.status.names.reduce((sum, one) => sum + one.n, 0);
  return (main) => (all ? paint(main, counts, all) : empty(main, state));
}

function empty(main, state) {
  main.replaceChildren(el("h1", {}, "What to look at"), el("p", { class: "notice" },
    state?.progress.phase === "ready" ? "No question is committed yet. This page looks again every few seconds." : "The first records are being read."));
}

function paint(main, counts, all) {
  const failing = failures(counts);
  const levels = (counts.level?.names ?? []).slice(0, 8).map(
    (one) => ({ name: one.shown || "no level", n: one.n, filter: new URLSearchParams({ level: one.name }).toString() }));
  main.replaceChildren(
    el("h1", {}, "What to look at"),
    el("p", { class: "muted" }, `${plural(all, "question")}. Each choice opens the list; every list can be narrowed further.`),
    el("ul", { class: "looks" }, LOOKS.map((one) => look(one, counts, all))),
    el("div", { class: "halves" },
      el("section", { class: "card", "aria-labelledby": "passes" }, el("h2", { id: "passes" }, "How often the policy is right"),
        bars(PASSES.map((name) => ({ name: valueName("pass", name), n: count(counts, "pass", name), filter: `pass=${name}` })), all)),
      el("section", { class: "card", "aria-labelledby": "failures" }, el("h2", { id: "failures" }, "Most frequent failures"),
        failing.length ? bars(failing, all) : el("p", { class: "muted" }, "None: every question was finished, and every answer could be judged."),
        el("p", { class: "muted small" }, "Questions that have at least one of each. None of it ever becomes a negative label.")),
      levels.length > 1 ? el("section", { class: "card", "aria-labelledby": "levels" }, el("h2", { id: "levels" }, KEYS.level), bars(levels, all)) : null));
}
