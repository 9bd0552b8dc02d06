// Words of the page for keys and values of filters, and what the field's words mean.

export const KEYS = {
  verdict: "Verdict", first_error: "First wrong step", pass: "Model is right", level: "Level", source: "Source",
  failure: "Failure", status: "Status", role: "Written by", method: "Method", flawed: "Right by flawed steps",
  contradicted: "Evidence contradicts", said: "Annotated by people", part: "Run",
};

const VALUES = {
  pass: { never: "never", seldom: "seldom (below 40 %)", half: "half of the time (40–60 %)", mostly: "mostly (above 60 %)", always: "always", "no samples": "no samples" },
  first_error: { known: "known, at any step", none: "none: the answer is right", unknown: "not known" },
  failure: { "": "none" }, method: { "": "no method", sample: "sample", rollout: "rollout for labels", given: "came with the question" },
  level: { "": "no level" }, source: { "": "no source" }, role: { "": "nobody", policy: "the model (policy)" }, part: { "": "the folder itself" },
};

export function valueName(key, name) {
  const known = VALUES[key]?.[name];
  if (known) return known;
  return key === "first_error" && /^\d+$/.test(name) ? `step ${name}` : name;
}

export const SORTS = [
  ["order", "as in the run"], ["-seconds", "slowest first"], ["-calls", "most calls first"], ["pass", "least often right first"],
  ["-pass", "most often right first"], ["confidence", "least sure labels first"], ["-confidence", "surest labels first"],
  ["-solutions", "most solutions first"],
];

export const FAILURES = {
  unparsable: "answers that cannot be read", truncated: "solutions that were cut off", timeout: "answers whose check took too long",
  error: "answers that could not be checked",
};

/** What the field's words mean: shown where the pointer rests on one, and all of them in the help. */
export const TERMS = {
  sample: "a solution that the model wrote from the bare question, independently of all others. Only samples count in “right 5 of 12”. The same text again is one solution that “came 2 times”.",
  rollout: "from the bare question or from behind a step the model goes on to an answer, which is checked. Rollouts for labels start where they tell most about a first wrong step, so they are no samples.",
  "first wrong step": "the first step from which on the solution is labelled wrong. Where labels rest on rollouts: from here on the model hardly ever reaches the gold answer any more, whether or not the sentence itself is true.",
  sure: "how likely a label is right: an estimate from the rollouts and from what the run knows of this model. Labels that are less sure than the run asks for are withheld: “?”.",
  labeller: "what looks for first wrong steps: bayes_bisection, omegaprm, math_shepherd and scan by rollouts, fused also by equations and by models that read the steps.",
  "model (policy)": "the model whose solutions these are, unless a card says “by” another.",
  truncated: "cut off at the limit of tokens; never counted as wrong.",
  unparsable: "an answer of which the checker cannot tell what it says; never counted as wrong.",
  contradicted: "the evidence fits no single first wrong step, so no step is labelled.",
  flawed: "the answer is right, but an audit of the steps is sure that one is wrong.",
  hinted: "written with the gold answer before the model's eyes (STaR's rationalisation): no sample, and right more often than the model is.",
  "greedy, sampled": "folders of a run of rounds: the round's new model on held-out questions, at temperature 0 and by several samples; “before” is the model before the first round.",
  "sample, rationalise": "folders of a run of rounds: what the model at the start of the round wrote on its training questions, without and with a hint.",
  audited: "the answer is right, and an audit of the steps has seen nothing wrong.",
};
