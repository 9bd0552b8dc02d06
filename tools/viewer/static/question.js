// One question: what was asked, its solutions, one of them step by step or two side by side, and its search tree.

import { get, isSame, named, query, text } from "./api.js";
import { badge, copy, duration, el, number, plural, quoted, said, term } from "./dom.js";
import * as link from "./link.js";
import { current, leftAt, load, neighbour, questionLink, take } from "./list.js";
import { sideBySide } from "./compare.js";
import { solutionView } from "./solution.js";
import { firstToShow, keepInView, listed, samplesOf, solutionList } from "./solutions.js";
import { treeView } from "./tree.js";

/** Question that is shown: its answer from the server, the viewer's state, the solution, which cards there are. */
export const open = { answer: null, state: null, asked: "", solution: null, other: null, only: null, all: false };

function facts(record) {
  const cost = record.cost ?? {};
  const { samples, right } = samplesOf(record.solutions);
  const calls = cost.policy_calls == null ? null : `${number(cost.policy_calls)}${cost.label_calls ? `, ${number(cost.label_calls)} of them for labels` : ""}`;
  const pairs = [
    ["Right", samples ? [`${number(right)} of `, term("sample", plural(samples, "sample"))] : null],
    ["Level", record.level], ["Source", record.source], ["Model calls", calls],
    ["Tokens", cost.completion_tokens ? number(cost.completion_tokens) : null],
    ["Time", cost.seconds == null ? null : duration(cost.seconds)], ["Money", cost.money ? number(cost.money, 4) : null],
  ].filter(([, value]) => value);
  return el("dl", { class: "facts-list" }, pairs.map(([name, value]) => el("div", {}, el("dt", {}, name), el("dd", {}, typeof value === "string" ? said(value) : value))));
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
    records.length > 1 ? el("p", { class: "small" }, "Records of this question: ", records.map((one, index) => [recordLink(one, place), index + 1 < records.length ? ", " : null])) : null);
}

/** Link to another record of the question; the one that is shown stands there without. */
function recordLink(one, place) {
  const name = [one.in ? said(one.folder) : null, !one.in || one.copy ? ` ${one.copy + 1}` : null];
  if (one.in === place.in && one.copy === place.copy) return el("strong", { "aria-current": "true" }, name, " (this one)");
  return el("a", { href: link.but({ in: one.in, copy: one.copy || null, s: null, b: null, n: null }) }, name);
}

function bar() {
  const { place } = open.answer;
  const run = open.state.folder;
  const folder = place.in ? `${run.replace(/\/$/, "")}/${place.in}` : run;
  return el("div", { class: "row spread actions" },
    el("div", { class: "row" }, el("a", { class: "button", id: "to-list", href: link.to({ f: link.read().f ?? "", t: link.read().t }) }, "← List"),
      el("button", { type: "button", id: "previous", title: "k", "aria-label": "Previous question", on: { click: () => step(-1) } }, "‹", el("span", { class: "wide" }, "Previous")), el("button", { type: "button", id: "next", title: "j", "aria-label": "Next question", on: { click: () => step(1) } }, el("span", { class: "wide" }, "Next"), "›"),
      el("span", { class: "muted small", id: "position" })),
    el("div", { class: "row" }, el("button", { type: "button", data: { arrive: "tree-card" } }, "Tree ↓"), el("details", { class: "menu" }, el("summary", { class: "button" }, "Copy"), el("div", { class: "menu-items" },
      el("button", { type: "button", title: "c", on: { click: copyPlace } }, "Copy view command"),
      // A command with characters that nobody sees is none to copy.
      place.question_id === place.id ? el("button", { type: "button", on: { click: () => copy(`factory inspect ${quoted(folder)} ${place.id.startsWith("-") ? "-- " : ""}${quoted(place.id)}`, "Inspect command") } }, "Copy inspect command") : null,
      el("button", { type: "button", on: { click: async () => copy(await text("record.json", named(place)), "JSON") } }, "Copy JSON"),
      el("a", { class: "button", href: `api/record.json?${query(named(place))}`, download: `${place.question_id.replace(/[^\w-]/g, "_")}.json` }, "Save JSON"),
      el("p", { class: "muted small" }, "The view command opens this place in a viewer, at any time; the page's address holds the secret of this viewer and ends with it.")))));
}

/** Copy the command that opens what is shown. The address itself holds the secret of this viewer, so it is not copied. */
export function copyPlace() {
  const at = location.hash.slice(1);
  const person = open.state?.person;
  copy(`factory view ${quoted(open.state?.folder ?? "RUN_DIR")}${person ? ` --annotate --as ${quoted(person)}` : ""}${at ? ` --at ${quoted(at)}` : ""}`, "View command");
}

/** Go to the question `by` places behind this one in the list. */
export async function step(by) {
  const here = open.asked;
  const next = await neighbour(open.answer.place, by);
  // Somebody may have left the question meanwhile.
  if (!next || open.asked !== here) return;
  if (next.page) take(next.page);
  link.go(questionLink(next.row));
}

async function position() {
  const { f = "", t } = link.read();
  if ((current.f !== f || current.t !== (t ?? "")) && !t) {
    const asked = open.asked;
    const page = await load(f);
    if (open.asked !== asked) return;
    take(page);
  }
  const place = current.rows.findIndex((row) => isSame(row, open.answer.place));
  const here = document.getElementById("position");
  if (!here) return;
  const known = place >= 0;
  here.textContent = known ? `${number(current.offset + place + 1)} of ${number(current.t ? current.rows.length : current.total)}` : "";
  document.getElementById("previous").disabled = !known || (current.offset + place === 0);
  document.getElementById("next").disabled = !known || (current.offset + place + 1 >= (current.t ? current.rows.length : current.total));
}

/** Return the solution that a link names, else the most telling of those that the list's filter asks for. */
const chosenSolution = (record, { s, f }) => record.solutions.find((one) => one.solution_id === s) ?? firstToShow(record.solutions, f);

/** Choose the solution `by` places behind the one that is shown, as the cards stand; one that stands beside it stays. */
export function otherSolution(by) {
  const { record } = open.answer;
  const asked = link.read();
  const ones = listed(record, open.only).filter((one) => one.solution_id !== asked.b);
  const now = ones.indexOf(chosenSolution(record, asked));
  const next = ones[now < 0 ? 0 : now + by];
  if (next) link.go(link.but({ s: next.solution_id }), { replace: true });
}

/** Show the cards anew where they were scrolled to, with the chosen one in view. */
function drawList() {
  const { solution: chosen, other } = open;
  const { record, annotations } = open.answer;
  const box = document.getElementById("solution-list");
  const before = box.querySelector("ol");
  const { scrollTop, scrollLeft } = before ?? { scrollTop: 0, scrollLeft: 0 };
  const hadFocus = before?.contains(document.activeElement);
  const view = { chosen, other, annotations, only: open.only, all: open.all,
    narrow: (verdict) => {
      open.only = verdict;
      drawList();
      box.querySelector(`[data-only="${verdict ?? "all"}"]`).focus();
    },
    whole: () => {
      open.all = true;
      drawList();
    } };
  box.replaceChildren(solutionList(record, view));
  const list = box.querySelector("ol");
  const card = box.querySelector("[aria-current]");
  Object.assign(list, { scrollTop, scrollLeft });
  keepInView(list, card);
  if (hadFocus) card?.focus({ preventScroll: true });
}

function draw() {
  const { record, place } = open.answer;
  const asked = link.read();
  const chosen = chosenSolution(record, asked);
  const other = (asked.b && record.solutions.find((one) => one.solution_id === asked.b && one !== chosen)) || null;
  Object.assign(open, { solution: chosen, other });
  drawList();
  document.getElementById("detail").replaceChildren(
    !chosen ? el("p", { class: "muted" }, "This question has no solutions.") : other ? sideBySide(chosen, other) : solutionView(open, chosen, record));
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
    Object.assign(open, { answer, asked: key, all: false, only: null });
    const { record, place } = answer;
    leftAt(place);
    main.replaceChildren(bar(), questionCard(record, place, answer.records),
      el("section", { class: "solution-area", "aria-label": "Solutions", id: "solution-area" }, el("div", { id: "solution-list" }), el("div", { id: "detail", class: "card" })));
    draw();
    main.append(treeView(record));
    scrollTo(0, 0);
    position().catch(() => {});
  };
}

// Cards say which solutions somebody has annotated.
document.addEventListener("agreement", () => open.answer && document.getElementById("solution-list") && drawList());
