// Beginning of the page: shows what the address says, follows the index, listens to keys.

import { get, Refused } from "./api.js";
import { el, number, plural, said, toast } from "./dom.js";
import * as link from "./link.js";
import * as list from "./list.js";
import * as question from "./question.js";
import * as start from "./start.js";
import { TERMS } from "./words.js";

const main = document.getElementById("main");
const search = document.getElementById("search");
const FAST_MS = 1_000, SLOW_MS = 5_000;
const seen = { state: null, questions: 0, phase: "", shown: 0 };
let number_ = 0;

/** Show what the address says. Of several shown at a time the last one stays. */
async function show() {
  const mine = (number_ += 1);
  const asked = link.read();
  const isBack = question.open.asked !== "";
  main.setAttribute("aria-busy", "true");
  // The field says what is searched for, unless somebody is typing.
  if (document.activeElement !== search) search.value = asked.t ?? "";
  try {
    seen.state ??= await get("state");
    const isQuestion = asked.q !== undefined;
    const isList = asked.f !== undefined || asked.t;
    const paint = await (isQuestion ? question.prepare(asked, seen.state) : isList ? list.prepare(asked, isBack) : start.prepare(seen.state));
    if (mine !== number_) return;
    if (!isQuestion) {
      question.open.asked = "";
      document.title = "factory view";
    }
    paint(main);
    arrive();
    seen.questions = seen.state.questions;
  } catch (error) {
    if (mine !== number_) return;
    // What is not read yet may come.
    const waits = error.status === 404 && seen.state?.progress.phase !== "ready";
    question.open.asked = "";
    main.replaceChildren(el("h1", {}, waits ? "Not read yet" : "This cannot be shown"), el("p", { class: `notice ${waits ? "" : "bad"}` }, said(error.message), waits ? " It is looked for again as more records are read." : ""),
      el("p", {}, el("a", { class: "button", href: "#f=" }, "All questions")));
    if (error.status === undefined) throw error;
  } finally {
    if (mine === number_) main.removeAttribute("aria-busy");
  }
}

let goal = null;

/** Go with eyes and focus to the part of the page that a link of it has named (`data-arrive`). */
function arrive() {
  const part = goal === null ? null : document.getElementById(goal);
  goal = null;
  if (!part) return;
  part.scrollIntoView({ block: "start" });
  part.querySelector("[data-arrive=''][tabindex]")?.focus({ preventScroll: true });
}

function follows(event) {
  const named = event.target.closest?.("a[data-arrive], button[data-arrive]");
  if (!named || event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
  goal = named.dataset.arrive;
  // Where the address stays the same, nothing is shown anew.
  if (!named.hasAttribute("href") || named.getAttribute("href") === location.hash) arrive();
}

function status(state) {
  const { progress } = state;
  const box = document.getElementById("status");
  const parts = [];
  if (progress.phase === "listing") parts.push("Listing the run's objects …");
  if (progress.phase === "reading") {
    const share = progress.objects ? progress.indexed / progress.objects : 0;
    parts.push(el("progress", { max: 1, value: share, "aria-label": "Objects that are read" }), ` ${plural(state.questions, "question")} so far: ${number(progress.indexed)} of ${plural(progress.objects, "object")} are read. Lists and counts are of these.`);
  }
  if (progress.phase === "waiting") parts.push(el("span", { class: "bad-words" }, said(progress.trouble)), " It is tried again.");
  const unreadable = Object.entries(progress.unreadable);
  if (unreadable.length) parts.push(el("span", { class: "bad-words" }, `${plural(progress.damaged, "object")} cannot be read, the first is ${unreadable[0][0]}: ${unreadable[0][1]} `));
  if (progress.phase === "ready" && state.questions > seen.questions && seen.questions && seen.shown) {
    parts.push(el("button", { type: "button", class: "small", on: { click: () => { seen.questions = state.questions; box.replaceChildren(); show(); } } }, `${plural(state.questions - seen.questions, "new question")}: show`));
  }
  const people = state.annotations;
  if (typeof people === "string") parts.push(el("span", { class: "bad-words" }, said(people)));
  else if (people.annotations) parts.push(el("span", { id: "agreement", title: people.sentence }, people.short));
  box.replaceChildren(...parts.flatMap((part) => [part, " "]));
}

/** Ask how far the index is; what is shown is made again when there is twice as much, and at the end. */
async function follow() {
  let wait = SLOW_MS;
  try {
    const state = await get("state");
    const before = seen.state;
    seen.state = state;
    question.open.state = state;
    status(state);
    if (state.progress.phase !== "ready") wait = FAST_MS;
    const ended = before && before.progress.phase !== "ready" && state.progress.phase === "ready" && state.questions !== seen.questions;
    const first = seen.questions === 0 && state.questions > 0;
    if ((first || ended || (state.progress.phase === "reading" && state.questions > 2 * seen.questions)) && !isBusy()) {
      seen.questions = state.questions;
      await show();
    }
    seen.shown = 1;
  } catch (error) {
    document.getElementById("status").replaceChildren(el("span", { class: "bad-words" }, error.message));
  }
  setTimeout(follow, wait);
}

/** Whether somebody is in the middle of something that a new list would disturb. */
function isBusy() {
  const asked = link.read();
  const missing = main.querySelector(".notice");
  return (asked.q !== undefined || asked.t !== undefined) && !missing;
}

/** Close the menu that is open, and return whether there was one. */
function closeMenu() {
  const menu = document.querySelector("details.menu[open]");
  menu?.removeAttribute("open");
  return menu !== null;
}

const isTyping = (target) => target.matches("input:not([type=checkbox]), textarea, select, [contenteditable]");
const isOpen = () => document.querySelector("dialog[open]") !== null;

function key(event) {
  if (event.ctrlKey || event.metaKey || event.altKey || isOpen()) return;
  if (isTyping(event.target)) {
    if (event.key === "Escape") event.target.blur();
    return;
  }
  if (event.key === "Escape" && closeMenu()) return;
  const inQuestion = link.read().q !== undefined;
  const arrows = !event.target.closest(".scroll, .tree-plot, details.tree-text, input");
  const actions = {
    j: () => (inQuestion ? question.step(1) : list.move(1)), k: () => (inQuestion ? question.step(-1) : list.move(-1)),
    l: () => inQuestion && question.otherSolution(1), h: () => inQuestion && question.otherSolution(-1),
    u: () => inQuestion && link.go(document.getElementById("to-list")?.getAttribute("href") ?? "#f="), "/": () => search.focus(),
    c: () => inQuestion && question.copyPlace(), "?": () => document.getElementById("help").showModal(),
  };
  if (!inQuestion && arrows) Object.assign(actions, { ArrowDown: actions.j, ArrowUp: actions.k });
  if (inQuestion) actions.Escape = actions.u;
  const action = actions[event.key];
  if (!action) return;
  event.preventDefault();
  Promise.resolve(action()).catch((error) => toast(error.message));
}

addEventListener("hashchange", show);
// Whoever pressed something hears why nothing came of it.
addEventListener("unhandledrejection", (event) => {
  toast(event.reason?.message ?? String(event.reason));
  // A refusal is told by that; anything else is a mistake of the page, for the console, too.
  if (event.reason instanceof Refused) event.preventDefault();
});
document.addEventListener("click", follows);
document.addEventListener("click", (event) => { if (!event.target.closest?.(".menu > summary")) closeMenu(); });
addEventListener("keydown", key);
document.addEventListener("agreement", (event) => {
  seen.state.annotations = event.detail;
  status(seen.state);
});
document.getElementById("words").replaceChildren(...Object.entries(TERMS).map(([name, means]) => el("div", {}, el("dt", {}, name), el("dd", {}, means))));
document.getElementById("help-button").addEventListener("click", () => document.getElementById("help").showModal());
document.getElementById("skip").addEventListener("click", (event) => {
  event.preventDefault();
  main.focus();
});
document.getElementById("search-form").addEventListener("submit", (event) => {
  event.preventDefault();
  link.go(link.to({ f: link.read().f ?? "", t: search.value.trim() || null }));
});
get("state").then((state) => {
  seen.state = state;
  document.getElementById("run").textContent = state.run_dir;
  status(state);
  return show();
}).then(follow, follow);
