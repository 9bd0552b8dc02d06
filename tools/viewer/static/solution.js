// A solution step by step: what each step is called, by how many rollouts, and why the first error is called one.

import { annotateControls, annotationsOf } from "./annotate.js";
import { badge, el, number, plural, said, sureness, verdictBadge } from "./dom.js";
import * as link from "./link.js";
import { byVerdict, isLocated, isRollout, timesOf, verdictOf } from "./solutions.js";

const MARKS = {
  1: ["✓", "good", "labelled right: nothing is wrong up to here"], "-1": ["✗", "bad", "labelled wrong: the solution is wrong by here"],
  null: ["?", "none", "no label: it is not known well enough"],
};

/** Mark of a step: its label as a sign, with words for readers of screens. */
export const mark = (step) => {
  const [sign, kind, words] = MARKS[step.label] ?? MARKS.null;
  return el("span", { class: `mark ${kind}`, title: words }, el("span", { "aria-hidden": "true" }, sign), el("span", { class: "visually-hidden" }, words));
};

function head(solution, record) {
  const others = record.solutions.filter((one) => one !== solution);
  const option = (one) => el("option", { value: one.solution_id }, [`answers ${(one.final_answer ?? "nothing").slice(0, 40)}`, timesOf(one) > 1 ? `came ${plural(timesOf(one), "time")}` : null, one.solution_id.slice(0, 6)].filter(Boolean).join(" · "));
  const compare = others.length ? el("label", { class: "small" }, "Beside ", el("select", { id: "beside", on: { change: (event) => event.target.value && link.go(link.but({ s: solution.solution_id, b: event.target.value })) } },
    el("option", { value: "" }, "another solution …"),
    byVerdict(others).map(([verdict, ones]) => el("optgroup", { label: `${verdict} (${number(ones.length)})` }, ones.slice(0, 100).map(option))))) : null;
  return el("div", { class: "row spread" }, el("h2", { tabindex: -1, data: { arrive: "" } }, "Solution ", el("span", { class: "mono muted small" }, solution.solution_id)), compare);
}

const origin = (solution) => [
  [solution.engine, solution.model].filter(Boolean).join(" ") || null,
  solution.role && solution.role !== "policy" ? `written by ${solution.role}` : null,
  solution.method ? (isRollout(solution) ? "from a rollout for labels" : `method ${solution.method}`) : null,
  solution.labeller ? `labelled by ${solution.labeller}` : null,
  solution.completer && solution.completer !== "policy" ? `rollouts by ${solution.completer}` : null,
  timesOf(solution) > 1 ? `came ${plural(timesOf(solution), "time")}` : null,
  solution.probes ? `rollouts for labels came to the same text ${plural(solution.probes, "time")}` : null,
  solution.score !== null ? `score ${number(solution.score, 3)}` : null,
  solution.independent === false ? "no independent sample" : null,
  solution.hinted ? "hinted" : null,
  solution.completion_tokens ? plural(solution.completion_tokens, "token") : null,
  solution.checker ? `checked by ${solution.checker}` : null,
].filter(Boolean).join(" · ");

/** Why a step is called the first wrong one, or why none is; and what "wrong" means in these labels. */
export function whyBox(solution, { level = "h3", id = "why", means = true } = {}) {
  return el("div", { class: `why ${isLocated(solution) ? "bad" : ""}`, id },
    el(level, { class: "why-title" }, isLocated(solution) ? `Why step ${solution.first_error + 1} is called the first wrong one` : "First wrong step"),
    el("ul", {}, solution.why.map((sentence) => el("li", {}, said(sentence)))),
    means && solution.means ? el("p", { class: "muted small" }, said(solution.means)) : null);
}

/** What is known of a step, on one line: rollouts, how sure its label is, who sees the first error here. */
export function stepFacts(solution, step, index) {
  const opinions = solution.opinions.filter((one) => one.step === index);
  const votes = solution.critiques.filter((one) => one.step === index);
  return [
    index === solution.first_error ? el("strong", { class: "first-error-words" }, "← first wrong step", step.n_trials ? ", by rollouts" : "") : null,
    step.evidence ? el("span", { class: "evidence" }, step.n_trials ? el("span", { class: "rate-track", "aria-hidden": "true" }, el("span", { class: "rate-fill", css: { width: `${(100 * step.n_successes) / step.n_trials}%` } })) : null, step.evidence) : null,
    step.label !== null && step.confidence ? el("span", { class: "muted" }, sureness(step.confidence)) : null,
    step.equations.map((equation) => badge(["false: ", equation], "bad")),
    opinions.map((one) => badge(`${one.source}: here`, "unsure", { title: one.says })),
    votes.length && !opinions.length ? badge(`${votes[0].role}: here`, "unsure") : null,
  ];
}

function stepRow(open, solution, step, index) {
  const node = open.answer ? nodeOf(open, step.prefix) : null;
  const [annotate, note] = open.answer && open.state?.person ? annotateControls(open, solution, step, index) : [null, null];
  return el("li", { class: `step ${index === solution.first_error ? "first-error" : ""}`, id: `step-${index + 1}`, data: { prefix: step.prefix } },
    el("div", { class: "step-head" }, el("span", { class: "step-number muted" }, index + 1), mark(step)),
    said(step.text.trim(), { class: "text step-text" }), annotate,
    el("div", { class: "step-body" },
      el("div", { class: "step-facts small" }, stepFacts(solution, step, index),
        node === null ? null : el("a", { href: link.but({ s: solution.solution_id, n: node }), data: { arrive: "tree-card" } }, "in the tree")),
      open.answer ? annotationsOf(open, solution, index) : null, note));
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
    el("p", { class: "row" }, verdictBadge(verdictOf(solution)), said(solution.answer_in_words)),
    whyBox(solution),
    solution.critique ? el("details", {}, el("summary", {}, "The critique that it revises on"), said(solution.critique)) : null,
    solution.reasoning ? el("details", { class: "thoughts" }, el("summary", {}, "What the model thought aloud"), said(solution.reasoning)) : null,
    solution.steps.length ? el("ol", { class: "steps" }, solution.steps.map((step, index) => stepRow(open, solution, step, index))) : said(solution.text ?? ""),
    solution.left_out.steps ? el("p", { class: "muted small" }, `${number(solution.left_out.steps)} more steps are in the JSON.`) : null,
    voices(solution),
    parts.length ? el("details", {}, el("summary", {}, `${plural(parts.length, "part")} that the checker refuses`), el("ul", {}, parts.slice(0, 50).map((one) => el("li", {}, badge(one.outcome, "bad"), " ", said(one.note ?? ""))))) : null,
    el("p", { class: "muted small origin" }, said(origin(solution))));
}
