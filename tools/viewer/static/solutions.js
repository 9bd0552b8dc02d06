// Solutions of a question: which of them a filter asks for, in what order they stand, and their cards.

import { badge, el, number, plural, said, sureness, term, verdictBadge } from "./dom.js";
import * as link from "./link.js";

const SHOWN = 40;
const MANY = 8; // solutions from which on they can be narrowed
const VERDICT_ORDER = ["correct", "incorrect", "truncated", "unparsable"];

/** Verdict as all counts of a run have it: one that was cut off is "truncated", whatever stands in it. */
export const verdictOf = (solution) => (solution.truncated ? "truncated" : solution.verdict ?? "not judged");
export const timesOf = (solution) => solution.occurrences || 1;
export const isRollout = (solution) => solution.method === "rollout";
export const isLocated = (solution) => solution.first_error !== null && solution.first_error >= 0;

/** How sure the least sure label is of a solution whose first wrong step is located; null for others. The list goes by it. */
export function surenessOf(solution) {
  const sure = isLocated(solution) ? solution.steps.filter((step) => step.label !== null && step.confidence).map((step) => step.confidence) : [];
  return sure.length ? Math.min(...sure) : null;
}

/** Independent samples of the policy, and those that are right: what pass@k counts (factory/records/samples.py). */
export function samplesOf(solutions) {
  const drawn = solutions.filter((one) => !["given", "rollout"].includes(one.method) && !one.hinted && one.independent !== false && (one.role ?? "policy") === "policy");
  const sum = (ones) => ones.reduce((total, one) => total + (one.occurrences ?? 1), 0);
  return { samples: sum(drawn), right: sum(drawn.filter((one) => verdictOf(one) === "correct")) };
}

const flag = (value) => (value === null || value === undefined ? "unknown" : value ? "yes" : "no");
const NAMES = {
  verdict: (one) => [verdictOf(one)], role: (one) => [one.role ?? "policy"], method: (one) => [one.method ?? ""],
  first_error: (one) => (isLocated(one) ? ["known", String(one.first_error + 1)] : [one.first_error === null ? "unknown" : "none"]),
  flawed: (one) => [flag(one.flawed)], contradicted: (one) => [flag(one.contradicted)],
};

/** Whether a solution is one that a filter asks for. */
const isAsked = (solution, asked) => Object.entries(NAMES).every(
  ([key, names]) => !asked.has(key) || names(solution).some((name) => asked.get(key).has(name)));

/** Order in which solutions stand: samples before rollouts, those that came most often first. */
export const inOrder = (solutions) => [...solutions].sort((a, b) => isRollout(a) - isRollout(b) || timesOf(b) - timesOf(a));

/** Return the solution to show first: one that the list's filter asks for, of those the most telling. */
export function firstToShow(solutions, f) {
  const asked = link.filter(f);
  const [sort] = asked.get("sort") ?? [];
  const telling = (one) => (isLocated(one) ? (one.first_error > 0 ? 4 : one.steps.length > 1 ? 3 : 2) : one.verdict === "incorrect" ? 1 : 0);
  const least = (one) => (sort === "confidence" ? surenessOf(one) ?? 2 : 0);
  const better = (a, b) => isAsked(b, asked) - isAsked(a, asked) || least(a) - least(b) || telling(b) - telling(a);
  return inOrder(solutions).sort(better)[0] ?? null;
}

/** Return (verdict, solutions) pairs, the usual verdicts first. */
export function byVerdict(solutions) {
  const groups = new Map(VERDICT_ORDER.map((verdict) => [verdict, []]));
  for (const one of inOrder(solutions)) groups.set(verdictOf(one), [...(groups.get(verdictOf(one)) ?? []), one]);
  return [...groups].filter(([, ones]) => ones.length);
}

const errorWords = (solution) => {
  if (solution.contradicted) return ["contradicted", "unsure"];
  if (solution.first_error === null) return solution.flawed ? ["flawed", "unsure"] : null;
  if (solution.first_error < 0) return solution.flawed === false ? ["audited", "good"] : null;
  return [`wrong from step ${solution.first_error + 1}`, solution.flawed ? "unsure" : "bad"];
};

function card(one, { chosen, other, annotations }) {
  const words = errorWords(one);
  const people = annotations.filter((each) => each.solution_id === one.solution_id).length;
  return el("li", {}, el("a", { href: link.but({ s: one.solution_id, b: null }), class: `solution-link ${one === other ? "beside" : ""}`, "aria-current": one === chosen ? "true" : null, data: { solution: one.solution_id } },
    el("span", { class: "row" }, verdictBadge(verdictOf(one)), words ? badge(words[0], words[1]) : null, one.selected ? badge("chosen by the search", "good") : null,
      other && (one === chosen || one === other) ? badge(one === chosen ? "left" : "right", "here") : null, people ? badge("annotated", "here") : null),
    el("span", { class: "solution-answer" }, "answers ", said(one.final_answer ?? "nothing", { class: "text answer" })),
    el("span", { class: "muted small" }, [timesOf(one) > 1 ? `came ${plural(timesOf(one), "time")}` : null, one.role && one.role !== "policy" ? `by ${one.role}` : null,
      plural(one.steps.length, "step"), surenessOf(one) ? `labels ${surenessOf(one) < 1 ? "at least " : ""}${sureness(surenessOf(one))}` : null].filter(Boolean).join(" · "))));
}

/** Return the chips that narrow the cards to one verdict; none where there are few. */
function narrowing(solutions, view) {
  const groups = byVerdict(solutions);
  if (solutions.length <= MANY || groups.length < 2) return null;
  const chip = (verdict, n) => el("button", { type: "button", class: "small", "aria-pressed": String(view.only === verdict), data: { only: verdict ?? "all" },
    on: { click: () => view.narrow(verdict) } }, `${verdict ?? "all"} `, el("span", { class: "muted" }, number(n)));
  return el("div", { class: "row narrowing", role: "group", "aria-label": "Show solutions with one verdict" }, chip(null, solutions.length), groups.map(([verdict, ones]) => chip(verdict, ones.length)));
}

/** Return the cards that stand in the list, in its order: all, or those of one verdict. */
export const listed = (record, only) => inOrder(record.solutions).filter((one) => !only || verdictOf(one) === only);

/**
 * Return the list of a question's solutions.
 *
 * `view`: `chosen` and `other` (solutions that are shown), `annotations`, `only` (a verdict, or null for all), `all`
 * (whether a long list is whole), `narrow(verdict)` and `whole()` for what is pressed.
 */
export function solutionList(record, view) {
  const wanted = listed(record, view.only);
  const shown = view.all ? wanted : wanted.filter((one, place) => place < SHOWN || one === view.chosen || one === view.other);
  const firstRollout = shown.findIndex(isRollout);
  const items = shown.flatMap((one, place) => [
    place === firstRollout ? el("li", { class: "muted small divider" }, term("rollout", "rollouts for labels"), ":") : null, card(one, view)]);
  return el("nav", { class: "solutions", "aria-label": "Solutions" }, narrowing(record.solutions, view), el("ol", { tabindex: -1 }, items.filter(Boolean),
    shown.length < wanted.length ? el("li", {}, el("button", { type: "button", on: { click: view.whole } }, `All ${number(wanted.length)}`)) : null,
    record.left_out.solutions ? el("li", { class: "muted small" }, `${number(record.left_out.solutions)} more are in the JSON.`) : null));
}

/** Scroll a list, and nothing around it, so far that one of its items is seen. */
export function keepInView(list, item) {
  if (!list || !item) return;
  const [outer, inner] = [list.getBoundingClientRect(), item.getBoundingClientRect()];
  list.scrollTop += Math.min(0, inner.top - outer.top) || Math.max(0, inner.bottom - outer.bottom);
  list.scrollLeft += Math.min(0, inner.left - outer.left) || Math.max(0, inner.right - outer.right);
}
