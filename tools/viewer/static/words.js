// Words of the page for keys and values of filters.

export const KEYS = {
  verdict: "Verdict", first_error: "First error", pass: "Policy is right", level: "Level", source: "Source",
  failure: "Failure", status: "Status", role: "Written by", method: "Method", flawed: "Right by flawed steps",
  contradicted: "Evidence contradicts", part: "Run",
};

const VALUES = {
  pass: { never: "never", seldom: "seldom (below 40 %)", half: "half of the time (40–60 %)", mostly: "mostly (above 60 %)", always: "always", "no samples": "no samples" },
  first_error: { known: "at some step", none: "no step", unknown: "not known" },
  failure: { "": "none" },
  level: { "": "no level" }, source: { "": "no source" }, role: { "": "nobody" }, method: { "": "no method" }, part: { "": "the folder itself" },
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
