// What people say of the steps' labels: shown to everybody, said by whoever started the viewer with --annotate.

import { named, post } from "./api.js";
import { badge, el, said, toast } from "./dom.js";

const LABELS = [[1, "right", "good"], [-1, "wrong", "bad"], [0, "cannot tell", "unsure"]];

const ofStep = (open, solution, index) => open.answer.annotations.filter((one) => one.solution_id === solution.solution_id && one.step === index);

/** Return what people say of a step. */
export function annotationsOf(open, solution, index) {
  const all = ofStep(open, solution, index);
  return el("ul", { class: "annotations", hidden: !all.length, data: { annotations: index } }, all.map((one) => {
    const [, words, kind] = LABELS.find(([label]) => label === one.label);
    return el("li", { class: "small" }, badge([said(one.person), `: ${words}`], kind), one.note ? [" ", said(one.note)] : null);
  }));
}

/** Return the controls with which a person says what the right label of a step is. */
export function annotateControls(open, solution, step, index) {
  const mine = () => ofStep(open, solution, index).find((one) => one.person === open.state.person);
  const name = `Step ${index + 1}`;
  const note = el("input", { type: "text", maxlength: 4000, placeholder: "Why? (a note)", "aria-label": `${name}: note`, value: mine()?.note ?? "", hidden: !mine() });
  const buttons = LABELS.map(([label, words]) => el("button", {
    type: "button", class: "small", "aria-pressed": String(mine()?.label === label), "aria-label": `${name} is ${words}`, data: { label },
    on: { click: () => say(mine()?.label === label ? null : label) },
  }, words));
  note.addEventListener("change", () => mine() && say(mine().label));

  async function say(label) {
    try {
      const { annotation, agreement } = await post("annotations", { ...named(open.answer.place), seen: { label: step.label, confidence: step.confidence }, solution: solution.solution_id, step: index, label, note: note.value });
      open.answer.annotations = open.answer.annotations.filter((one) => !(one.solution_id === solution.solution_id && one.step === index && one.person === open.state.person));
      if (label !== null) open.answer.annotations.push(annotation);
      buttons.forEach((button) => button.setAttribute("aria-pressed", String(Number(button.dataset.label) === label)));
      note.hidden = label === null;
      box.parentElement.querySelector("[data-annotations]").replaceWith(annotationsOf(open, solution, index));
      document.dispatchEvent(new CustomEvent("agreement", { detail: agreement }));
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
  const box = el("div", { class: "annotate", role: "group", "aria-label": `${name}: your label` }, el("span", { class: "muted small" }, "You say:"), buttons, note);
  return box;
}
