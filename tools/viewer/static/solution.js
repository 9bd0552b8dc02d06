// A solution step by step: what each step is called, by how many rollouts, and why the first error is called one.

import { annotateControls, annotationsOf } from "./annotate.js";
import { badge, el, number, percent, plural, said, verdictBadge } from "./dom.js";
import * as link from "./link.js";

const MARKS = { 1: ["✓", "good", "labelled right"], "-1": ["✗", "bad", "labelled wrong"], null: ["?", "none", "no label"] };

/** Mark of a step: its label as a sign, with words for readers of screens. */
export const mark = (step) => {
  const [sign, kind, words] = MARKS[step.label] ?? MARKS.null;
  return el("span", { class: `mark ${kind}` }, el("span", { "aria-hidden": "true" }, sign), el("span", { class: "visually-hidden" }, words));
};

function head(solution, record) {
  const others = record.solutions.filter((one) => one !== solution);
  const compare = others.length ? el("label", { class: "small" }, "Beside ", el("select", { id: "beside", on: { change: (event) => event.target.value && link.go(link.but({ s: solution.solution_id, b: event.target.value })) } },
    el("option", { value: "" }, "another solution …"),
    others.slice(0, 200).map((one) => el("option", { value: one.solution_id }, `${one.verdict ?? "not judged"}: ${(one.final_answer ?? "no answer").slice(0, 40)} (${one.solution_id.slice(0, 6)})`)))) : null;
  return el("div", { class: "row spread" }, el("h2", {}, "Solution ", el("span", { class: "mono muted small" }, solution.solution_id)), compare);
}

const origin = (solution) => [
  [solution.engine, solution.model].filter(Boolean).join(" ") || null,
  solution.role && solution.role !== "policy" ? `written by ${solution.role}` : null,
  solution.method ? `method ${solution.method}` : null,
  solution.labeller ? `labelled by ${solution.labeller}` : null,
  solution.completer && solution.completer !== "policy" ? `rollouts by ${solution.completer}` : null,
  solution.occurrences > 1 ? `came ${solution.occurrences} times` : null,
  solution.probes ? `labellers came to it ${solution.probes} times` : null,
  solution.score !== null ? `score ${number(solution.score, 3)}` : null,
  solution.independent === false ? "no independent sample" : null,
  solution.hinted ? "hinted" : null,
  solution.completion_tokens ? plural(solution.completion_tokens, "token") : null,
  solution.checker ? `checked by ${solution.checker}` : null,
].filter(Boolean).join(" · ");

function whyBox(solution) {
  const located = solution.first_error !== null && solution.first_error >= 0;
  return el("div", { class: `why ${located ? "bad" : ""}`, id: "why" },
    el("h3", {}, located ? `Why step ${solution.first_error + 1} is called the first wrong one` : "First error"),
    el("ul", {}, solution.why.map((sentence) => el("li", {}, said(sentence)))));
}

function stepRow(open, solution, step, index) {
  const isFirst = index === solution.first_error;
  const opinions = solution.opinions.filter((one) => one.step === index);
  const votes = solution.critiques.filter((one) => one.step === index);
  return el("li", { class: `step ${isFirst ? "first-error" : ""}`, id: `step-${index + 1}`, data: { prefix: step.prefix } },
    el("div", { class: "step-head" }, el("span", { class: "step-number muted" }, index + 1), mark(step)),
    el("div", { class: "step-body" },
      said(step.text, { class: "text step-text" }),
      isFirst ? el("p", { class: "first-error-words" }, "← first wrong step") : null,
      step.equations.length ? el("p", { class: "small" }, step.equations.map((equation) => badge(["wrong: ", equation], "bad"))) : null,
      open.answer ? annotationsOf(open, solution, index) : null,
      open.answer && open.state?.person ? annotateControls(open, solution, step, index) : null),
    el("div", { class: "step-side small" },
      step.evidence ? el("span", { class: "evidence" }, step.n_trials ? el("span", { class: "rate-track", "aria-hidden": "true" }, el("span", { class: "rate-fill", css: { width: `${(100 * step.n_successes) / step.n_trials}%` } })) : null, step.evidence) : null,
      step.label !== null && step.confidence ? el("span", { class: "muted" }, `${percent(Math.min(step.confidence, step.confidence < 1 ? 0.999 : 1))} sure`) : null,
      opinions.map((one) => badge(`${one.source}: here`, "unsure", { title: one.says })),
      votes.length && !opinions.length ? badge(`${votes[0].role}: here`, "unsure") : null,
      open.answer ? el("a", { class: "small", href: link.but({ s: solution.solution_id, n: nodeOf(open, step.prefix) }), hidden: nodeOf(open, step.prefix) === null }, "in the tree") : null));
}

function nodeOf(open, prefix) {
  const node = open.answer.record.tree.find((one) => one.prefix === prefix);
  return node && prefix ? node.node : null;
}

function voices(solution) {
  if (!solution.opinions.length && !solution.critiques.length) return null;
  const verdicts = { true: ["right", "good"], false: ["wrong", "bad"], null: ["cannot be read", ""] };
  return el("details", { class: "voices", open: solution.opinions.length > 0 },
    el("summary", {}, "What each source says"),
    solution.opinions.length ? el("table", {}, el("thead", {}, el("tr", {}, ["Source", "First error", "Model"].map((name) => el("th", { scope: "col" }, name)))),
      el("tbody", {}, solution.opinions.map((one) => el("tr", {}, el("th", { scope: "row" }, said(one.source)), el("td", {}, one.step < 0 ? "none" : `step ${one.step + 1}`), el("td", {}, said(one.model ?? "–")))))) : null,
    solution.critiques.map((one) => {
      const [words, kind] = verdicts[one.right] ?? verdicts.null;
      return el("details", { class: "critique" }, el("summary", {}, said(one.role), " ", badge(words, kind), one.step >= 0 && one.step !== null ? ` first error: step ${one.step + 1}` : ""), said(one.text));
    }),
    solution.left_out.critiques ? el("p", { class: "muted small" }, `${number(solution.left_out.critiques)} more are in the JSON.`) : null);
}

/** Return a solution step by step. */
export function solutionView(open, solution, record) {
  const parts = solution.parts.filter((one) => one.outcome !== "correct");
  return el("div", { class: "solution" },
    head(solution, record),
    el("p", { class: "row" }, verdictBadge(solution.truncated ? "truncated" : solution.verdict ?? "not judged"), said(solution.answer_in_words)),
    whyBox(solution),
    solution.critique ? el("details", {}, el("summary", {}, "The critique that it revises on"), said(solution.critique)) : null,
    solution.reasoning ? el("details", { class: "thoughts" }, el("summary", {}, "What the model thought aloud"), said(solution.reasoning)) : null,
    solution.steps.length ? el("ol", { class: "steps" }, solution.steps.map((step, index) => stepRow(open, solution, step, index))) : said(solution.text ?? ""),
    solution.left_out.steps ? el("p", { class: "muted small" }, `${number(solution.left_out.steps)} more steps are in the JSON.`) : null,
    voices(solution),
    parts.length ? el("details", {}, el("summary", {}, `${plural(parts.length, "part")} that the checker refuses`), el("ul", {}, parts.slice(0, 50).map((one) => el("li", {}, badge(one.outcome, "bad"), " ", said(one.note ?? ""))))) : null,
    el("p", { class: "muted small origin" }, said(origin(solution))));
}
