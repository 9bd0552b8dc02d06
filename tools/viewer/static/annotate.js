// What people say of the steps' labels: shown to everybody, said by whoever started the viewer with --annotate.

import { named, post } from "./api.js";
import { badge, el, said, toast } from "./dom.js";

const LABELS = [[1, "right", "good"], [-1, "wrong", "bad"], [0, "cannot tell", "unsure"]];
const wordsOf = (label) => LABELS.find(([value]) => value === label)[1];

const ofStep = (open, solution, index) => open.answer.annotations.filter((one) => one.solution_id === solution.solution_id && one.step === index);

function agreement({ label, run_label }) {
  if (label === 0) return null;
  if (run_label === null || run_label === undefined) return "the run has no label here";
  return label === run_label ? "agrees with the label" : `differs from the label, which is “${wordsOf(run_label)}”`;
}

/** Return what people say of a step. */
export function annotationsOf(open, solution, index) {
  const all = ofStep(open, solution, index);
  return el("ul", { class: "annotations", hidden: !all.length, data: { annotations: index } }, all.map((one) => {
    const [, words, kind] = LABELS.find(([label]) => label === one.label);
    return el("li", { class: "small" }, badge([said(one.person), `: ${words}`], kind), one.note ? [" ", said(one.note)] : null,
      agreement(one) ? el("span", { class: "muted" }, " · ", agreement(one)) : null);
  }));
}

/** Return [buttons, note]: what a person presses to say what a step is, and what opens below for the reason. */
export function annotateControls(open, solution, step, index) {
  const mine = () => ofStep(open, solution, index).find((one) => one.person === open.state.person);
  const name = `Step ${index + 1}`;
  const note = el("input", { type: "text", maxlength: 4000, placeholder: "Why? (a note)", "aria-label": `${name}: note`, value: mine()?.note ?? "" });
  const back = el("span", { class: "muted small" });
  const buttons = LABELS.map(([label, words]) => el("button", {
    type: "button", class: "small", "aria-label": `${name} is ${words}`, data: { label },
    on: { click: () => say(mine()?.label === label ? null : label) },
  }, words));
  const more = el("div", { class: "note" }, note, back);
  note.addEventListener("change", () => mine() && say(mine().label));

  function show(label) {
    buttons.forEach((button) => button.setAttribute("aria-pressed", String(Number(button.dataset.label) === label)));
    more.hidden = label === null;
    back.textContent = label === null ? "" : `Press “${wordsOf(label)}” again to take it back.`;
  }

  async function say(label) {
    try {
      const { annotation, agreement: all } = await post("annotations", { ...named(open.answer.place), seen: { label: step.label, confidence: step.confidence }, solution: solution.solution_id, step: index, label, note: note.value });
      open.answer.annotations = open.answer.annotations.filter((one) => !(one.solution_id === solution.solution_id && one.step === index && one.person === open.state.person));
      if (label !== null) open.answer.annotations.push(annotation);
      show(label);
      more.closest(".step").querySelector("[data-annotations]").replaceWith(annotationsOf(open, solution, index));
      document.dispatchEvent(new CustomEvent("agreement", { detail: all }));
      toast(label === null ? `${name}: taken back` : `${name}: kept`);
    } catch (error) {
      toast(error.message);
      // The label is another one by now: it is shown anew, to be looked at.
      if (error.status === 409) {
        open.asked = "";
        dispatchEvent(new HashChangeEvent("hashchange"));
      }
    }
  }
  show(mine() ? mine().label : null);
  return [el("div", { class: "annotate", role: "group", "aria-label": `${name}: your label` }, el("span", { class: "muted small" }, "This step is:"), buttons), more];
}
