// One question: what was asked, its solutions, one of them step by step or two side by side, and its search tree.

import { get, isSame, named, query, text } from "./api.js";
import { badge, copy, duration, el, number, plural, quoted, said, verdictBadge } from "./dom.js";
import * as link from "./link.js";
import { current, load, neighbour, questionLink } from "./list.js";
import { sideBySide } from "./compare.js";
import { solutionView } from "./solution.js";
import { treeView } from "./tree.js";

/** Question that is shown: its answer from the server, and the viewer's state. */
export const open = { answer: null, state: null, asked: "" };

const SHOWN = 40;

function facts(record) {
  const cost = record.cost ?? {};
  const pairs = [
    ["Level", record.level], ["Source", record.source], ["Calls", cost.policy_calls == null ? null : number(cost.policy_calls)],
    ["for labels", cost.label_calls ? number(cost.label_calls) : null], ["Tokens", cost.completion_tokens ? number(cost.completion_tokens) : null],
    ["Time", cost.seconds == null ? null : duration(cost.seconds)], ["Money", cost.money ? number(cost.money, 4) : null],
  ].filter(([, value]) => value);
  return el("dl", { class: "facts-list" }, pairs.map(([name, value]) => el("div", {}, el("dt", {}, name), el("dd", {}, said(value)))));
}

function questionCard(record, place, records) {
  const failure = record.failure;
  return el("section", { class: "card question-card", "aria-labelledby": "question-title" },
    el("div", { class: "row spread" }, el("h1", { id: "question-title", class: "small-title" }, "Question ", el("span", { class: "mono" }, place.question_id)),
      record.status === "ok" ? null : badge(record.status ?? "unknown", "bad")),
    said(record.question, { class: "text question-text" }),
    el("p", { class: "gold" }, el("span", { class: "muted" }, "Gold answer "), record.gold_answer ? said(record.gold_answer, { class: "text answer" }) : el("span", { class: "muted" }, "none")),
    failure ? el("p", { class: "notice bad" }, el("strong", {}, `Failed at ${failure.stage}: `), said(`${failure.type}: ${failure.message}`), failure.attempts > 1 ? ` (${failure.attempts} attempts)` : "") : null,
    facts(record),
    records.length > 1 ? el("p", { class: "small" }, "Records of this question: ", records.map((one, index) => [
      el("a", { href: link.but({ in: one.in, copy: one.copy || null, s: null, b: null, n: null }), "aria-current": one.in === place.in && one.copy === place.copy ? "true" : null },
        one.in ? said(one.folder) : null, !one.in || one.copy ? ` ${one.copy + 1}` : null), index + 1 < records.length ? ", " : null])) : null);
}

const errorWords = (solution) => {
  if (solution.contradicted) return ["contradicted", "unsure"];
  if (solution.first_error === null) return solution.flawed ? ["flawed", "unsure"] : null;
  if (solution.first_error < 0) return solution.flawed === false ? ["audited", "good"] : null;
  return [`first error: step ${solution.first_error + 1}`, solution.flawed ? "unsure" : "bad"];
};

function solutionList(record, chosen, other) {
  const all = open.all || record.solutions.length <= SHOWN;
  const shown = all ? record.solutions : record.solutions.filter((one, place) => place < SHOWN || one === chosen || one === other);
  return el("nav", { class: "solutions", "aria-label": "Solutions" }, el("ol", {}, shown.map((one) => {
    const words = errorWords(one);
    return el("li", {}, el("a", { href: link.but({ s: one.solution_id, b: null }), class: "solution-link", "aria-current": one === chosen ? "true" : null, data: { solution: one.solution_id } },
      el("span", { class: "row" }, verdictBadge(one.truncated ? "truncated" : one.verdict ?? "not judged"), words ? badge(words[0], words[1]) : null, one.selected ? badge("selected", "good") : null),
      el("span", { class: "solution-answer" }, "answers ", said(one.final_answer ?? "nothing", { class: "text answer" })),
      el("span", { class: "muted small" }, [one.occurrences > 1 ? `came ${one.occurrences} times` : null, one.role && one.role !== "policy" ? `by ${one.role}` : null,
        one.method === "rollout" ? "a labeller's rollout" : null, plural(one.steps.length, "step")].filter(Boolean).join(" · "))));
  })), all ? null : el("button", { type: "button", on: { click: () => { open.all = true; draw(); } } }, `All ${number(record.solutions.length)}`),
  record.left_out.solutions ? el("p", { class: "muted small" }, `${number(record.left_out.solutions)} more are in the JSON.`) : null);
}

function bar() {
  const { place } = open.answer;
  const run = open.state.run_dir;
  const folder = place.in ? `${run.replace(/\/$/, "")}/${place.in}` : run;
  return el("div", { class: "row spread actions" },
    el("div", { class: "row" }, el("a", { class: "button", id: "to-list", href: link.to({ f: link.read().f ?? "", t: link.read().t }) }, "← List"),
      el("button", { type: "button", id: "previous", title: "k", on: { click: () => step(-1) } }, "Previous"), el("button", { type: "button", id: "next", title: "j", on: { click: () => step(1) } }, "Next"),
      el("span", { class: "muted small", id: "position" })),
    el("div", { class: "row" },
      el("button", { type: "button", on: { click: copyLink } }, "Copy link"),
      el("button", { type: "button", on: { click: () => copy(`factory inspect ${quoted(folder)} ${quoted(place.id)}`, "Command") } }, "Copy command"),
      el("button", { type: "button", on: { click: async () => copy(await text("record.json", named(place)), "Record") } }, "Copy JSON"),
      el("a", { class: "button", href: `api/record.json?${query(named(place))}`, download: `${place.question_id.replace(/[^\w-]/g, "_")}.json` }, "Save JSON")));
}

/** Copy the command that opens what is shown. The address itself holds the secret of this viewer, so it is not copied. */
export function copyLink() {
  const at = location.hash.slice(1);
  copy(`factory view ${quoted(open.state?.run_dir ?? "RUN_DIR")}${at ? ` --at ${quoted(at)}` : ""}`, "Command that opens this");
}

/** Go to the question `by` places behind this one in the list. */
export async function step(by) {
  const next = await neighbour(open.answer.place, by);
  if (next) link.go(questionLink(next));
}

async function position() {
  const { f = "", t } = link.read();
  if ((current.f !== f || current.t !== (t ?? "")) && !t) await load(f);
  const place = current.rows.findIndex((row) => isSame(row, open.answer.place));
  const here = document.getElementById("position");
  if (!here) return;
  const known = place >= 0;
  here.textContent = known ? `${number(current.offset + place + 1)} of ${number(current.t ? current.rows.length : current.total)}` : "";
  document.getElementById("previous").disabled = !known || (current.offset + place === 0);
  document.getElementById("next").disabled = !known || (current.offset + place + 1 >= (current.t ? current.rows.length : current.total));
}

/** Return the solution that a link names, else the one that shows most: a located first error, else a wrong one. */
export function chosenSolution(record, id) {
  const telling = (one) => (one.first_error > 0 ? 3 : one.first_error === 0 ? 2 : one.verdict === "incorrect" ? 1 : 0);
  return record.solutions.find((one) => one.solution_id === id) ?? [...record.solutions].sort((a, b) => telling(b) - telling(a))[0] ?? null;
}

/** Choose the solution `by` places behind the one that is shown. */
export function otherSolution(by) {
  const { solutions } = open.answer.record;
  const now = solutions.indexOf(chosenSolution(open.answer.record, link.read().s));
  const next = solutions[now + by];
  if (next) link.go(link.but({ s: next.solution_id, b: null }), { replace: true });
}

function draw() {
  const { record, place } = open.answer;
  const asked = link.read();
  const chosen = chosenSolution(record, asked.s);
  const other = asked.b ? record.solutions.find((one) => one.solution_id === asked.b) ?? null : null;
  const detail = document.getElementById("detail");
  document.getElementById("solution-list").replaceChildren(solutionList(record, chosen, other));
  detail.replaceChildren(!chosen ? el("p", { class: "muted" }, "This question has no solutions.") : other && other !== chosen ? sideBySide(chosen, other) : solutionView(open, chosen, record));
  document.title = `${place.question_id} · factory view`;
}

/** Fetch the question that a link names, unless it is shown; return the function that shows it in `main`. */
export async function prepare(asked, state) {
  open.state = state;
  const key = JSON.stringify([asked.q, asked.in, asked.copy]);
  if (open.asked === key && document.getElementById("detail")) {
    return () => {
      draw();
      open.refreshTree?.();
    };
  }
  const answer = await get("question", { id: asked.q, in: asked.in, copy: asked.copy });
  return (main) => {
    Object.assign(open, { answer, asked: key, all: false });
    const { record, place } = answer;
    main.replaceChildren(bar(), questionCard(record, place, answer.records),
      el("section", { class: "solution-area", "aria-label": "Solutions" }, el("div", { id: "solution-list" }), el("div", { id: "detail", class: "card" })),
      treeView(record));
    draw();
    scrollTo(0, 0);
    position().catch(() => {});
  };
}
