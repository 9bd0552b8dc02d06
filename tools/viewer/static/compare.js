// Two solutions side by side, from the step at which they part.

import { el, plural, said, verdictBadge } from "./dom.js";
import * as link from "./link.js";
import { mark, stepFacts, whyBox } from "./solution.js";
import { verdictOf } from "./solutions.js";

/** First step at which two solutions differ: numbers of prefixes are equal as long as the texts are. */
export function parting(a, b) {
  const shorter = Math.min(a.steps.length, b.steps.length);
  for (let index = 0; index < shorter; index += 1) if (a.steps[index].prefix !== b.steps[index].prefix) return index;
  return shorter;
}

const cell = (solution, index, side) => {
  const step = solution.steps[index];
  if (!step) return el("td", { class: "muted", data: { side } }, "–");
  return el("td", { class: index === solution.first_error ? "first-error" : "", data: { side } },
    el("div", { class: "row top" }, mark(step), said(step.text.trim())), el("div", { class: "step-facts small" }, stepFacts(solution, step, index)));
};

const headOf = (solution, side) => el("th", { scope: "col", data: { side } },
  el("p", { class: "row" }, verdictBadge(verdictOf(solution)), el("span", {}, "answers ", said(solution.final_answer ?? "nothing", { class: "text answer" }))),
  el("a", { class: "small mono", href: link.but({ s: solution.solution_id, b: null }), "aria-label": `Only solution ${solution.solution_id}` }, solution.solution_id));

/** Return two solutions side by side; on a narrow page one step of each below the other. */
export function sideBySide(a, b) {
  const from = parting(a, b);
  const most = Math.max(a.steps.length, b.steps.length);
  const words = from === 0 ? "They part at the first step." : from === most ? "Their steps are the same." : `They share ${plural(from, "step")} and part at step ${from + 1}.`;
  const row = (index) => el("tr", { class: index === from ? "parts-here" : "" }, el("th", { scope: "row" }, index + 1), cell(a, index, "left"), cell(b, index, "right"));
  const why = (solution, side) => el("td", { data: { side } }, whyBox(solution, { level: "p", id: `why-${side}`, means: false }));
  return el("div", { class: "side-by-side" },
    el("div", { class: "row spread" }, el("h2", { tabindex: -1, data: { arrive: "" } }, "Two solutions"), el("div", { class: "row" },
      el("a", { class: "button", href: link.but({ s: b.solution_id, b: a.solution_id }) }, "Swap"), el("a", { class: "button", href: link.but({ b: null }) }, "One only"))),
    el("p", {}, el("span", { id: "parting" }, words), el("span", { class: "muted small" }, " Keys l and h change the left one.")),
    from ? el("details", {}, el("summary", {}, `The ${plural(from, "step")} that they share`), el("ol", {}, a.steps.slice(0, from).map((step) => el("li", {}, el("span", { class: "row top" }, mark(step), said(step.text.trim())))))) : null,
    el("table", { class: "pair" },
      el("thead", {}, el("tr", {}, el("th", { scope: "col" }, "Step"), headOf(a, "left"), headOf(b, "right"))),
      el("tbody", {}, el("tr", {}, el("th", { scope: "row" }, "Why"), why(a, "left"), why(b, "right")), Array.from({ length: most - from }, (_, place) => row(from + place)))),
    [...new Set([a.means, b.means])].map((means) => (means ? el("p", { class: "muted small" }, said(means)) : null)));
}
