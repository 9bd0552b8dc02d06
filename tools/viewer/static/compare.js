// Two solutions side by side, from the step at which they part.

import { badge, el, plural, said, verdictBadge } from "./dom.js";
import * as link from "./link.js";
import { mark } from "./solution.js";

/** First step at which two solutions differ: numbers of prefixes are equal as long as the texts are. */
export function parting(a, b) {
  const shorter = Math.min(a.steps.length, b.steps.length);
  for (let index = 0; index < shorter; index += 1) if (a.steps[index].prefix !== b.steps[index].prefix) return index;
  return shorter;
}

const cell = (solution, index) => {
  const step = solution.steps[index];
  if (!step) return el("td", { class: "muted" }, "–");
  return el("td", { class: index === solution.first_error ? "first-error" : "" },
    el("div", { class: "row top" }, mark(step), said(step.text)),
    index === solution.first_error ? el("p", { class: "first-error-words" }, "← first wrong step") : null,
    step.evidence ? el("p", { class: "muted small" }, step.evidence) : null,
    step.equations.map((equation) => badge(["wrong: ", equation], "bad")));
};

const headOf = (solution, other) => el("th", { scope: "col" },
  el("p", { class: "row" }, verdictBadge(solution.truncated ? "truncated" : solution.verdict ?? "not judged"), el("span", {}, "answers ", said(solution.final_answer ?? "nothing", { class: "text answer" }))),
  el("a", { class: "small mono", href: link.but({ s: solution.solution_id, b: null }), "aria-label": `Only solution ${solution.solution_id}` }, solution.solution_id),
  other ? null : null);

/** Return two solutions side by side. */
export function sideBySide(a, b) {
  const from = parting(a, b);
  const most = Math.max(a.steps.length, b.steps.length);
  const words = from === 0 ? "They part at the first step." : from === most ? "Their steps are the same." : `They share ${plural(from, "step")} and part at step ${from + 1}.`;
  const row = (index) => el("tr", { class: index === from ? "parts-here" : "" }, el("th", { scope: "row" }, index + 1), cell(a, index), cell(b, index));
  return el("div", { class: "side-by-side" },
    el("div", { class: "row spread" }, el("h2", {}, "Two solutions"), el("div", { class: "row" },
      el("a", { class: "button", href: link.but({ s: b.solution_id, b: a.solution_id }) }, "Swap"), el("a", { class: "button", href: link.but({ b: null }) }, "One only"))),
    el("p", { id: "parting" }, words),
    from ? el("details", {}, el("summary", {}, `The ${plural(from, "step")} that they share`), el("ol", {}, a.steps.slice(0, from).map((step) => el("li", {}, el("span", { class: "row top" }, mark(step), said(step.text)))))) : null,
    el("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": "Steps side by side" }, el("table", { class: "pair" },
      el("thead", {}, el("tr", {}, el("th", { scope: "col" }, "Step"), headOf(a), headOf(b))),
      el("tbody", {}, Array.from({ length: most - from }, (_, place) => row(from + place))))));
}
