// What the page asks its server for. Every question has a time-out; an answer that is an error is one sentence.

const WAIT_MS = 120_000;

export class Refused extends Error {
  constructor(sentence, status) {
    super(sentence);
    this.status = status;
  }
}

async function answer(path, options = {}) {
  let response;
  try {
    response = await fetch(path, { signal: AbortSignal.timeout(WAIT_MS), ...options });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Refused("The viewer does not answer. Is `factory view` still running?", 0);
  }
  if (response.ok) return response;
  let sentence = `The viewer answers with status ${response.status}.`;
  try { sentence = (await response.json()).error ?? sentence; } catch { /* not JSON: the sentence says enough */ }
  throw new Refused(sentence, response.status);
}

export const query = (values) => new URLSearchParams(
  Object.entries(values).filter(([, value]) => value !== null && value !== undefined && value !== "")).toString();

/** What names a record for good, of its place or of a row of the list. */
export const named = ({ id, in: within, copy }) => ({ id, in: within, copy });

/** Whether two of them are of one record. */
export const isSame = (a, b) => query(named(a)) === query(named(b));

export const get = async (what, values = {}, options = {}) => (await answer(`api/${what}?${query(values)}`, options)).json();

export const text = async (what, values = {}) => (await answer(`api/${what}?${query(values)}`)).text();

export const post = async (what, body) => (await answer(`api/${what}`, {
  method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body),
})).json();

/** Read lines of JSON as they come, until `signal` ends it. */
export async function lines(what, values, signal, each) {
  const response = await answer(`api/${what}?${query(values)}`, { signal });
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    const parts = (rest + value).split("\n");
    rest = parts.pop();
    for (const part of parts) if (part) each(JSON.parse(part));
  }
}
