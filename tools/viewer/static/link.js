// Links of the page: all that is shown is said by what follows # in its address.
//   q, in, copy   a question, the run within the folder, which of several records of it
//   s, b, n       a solution, another one beside it, a node of the tree
//   f             filter and order of the list (factory/browsing/filter.py);  t  a text that is searched for

const KEYS = ["q", "in", "copy", "s", "b", "n", "f", "t"];

/** Return what a link says; without one, what the address says. */
export function read(hash = location.hash) {
  const values = new URLSearchParams(hash.replace(/^#/, ""));
  return Object.fromEntries(KEYS.filter((key) => values.has(key)).map((key) => [key, values.get(key)]));
}

/** Return the link to what `state` says. */
export function to(state) {
  const values = new URLSearchParams();
  for (const key of KEYS) {
    const value = state[key];
    if (value !== null && value !== undefined && (value !== "" || key === "f")) values.set(key, value);
  }
  return `#${values}`;
}

/** Return the link to here with some changes; null takes a part away. */
export const but = (changes) => to({ ...read(), ...changes });

/** Show what a link says; `replace` makes no new entry in the history. */
export function go(link, { replace = false } = {}) {
  if (replace) {
    history.replaceState(null, "", link);
    dispatchEvent(new HashChangeEvent("hashchange"));
  } else location.hash = link;
}

/** Filter as a map from key to a set of values, and back. */
export function filter(text) {
  const chosen = new Map();
  for (const [key, value] of new URLSearchParams(text ?? "")) {
    if (!chosen.has(key)) chosen.set(key, new Set());
    chosen.get(key).add(value);
  }
  return chosen;
}

export function filterText(chosen) {
  const values = new URLSearchParams();
  for (const [key, names] of chosen) for (const name of names) values.append(key, name);
  return values.toString();
}
