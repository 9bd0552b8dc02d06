// Elements of the page. Texts are set as text only: nothing that comes from a run is ever parsed as HTML.

import { TERMS } from "./words.js";

/** Make an element: `el("a", { href: "#", class: "x", on: { click } }, "text", child, …)`; null children are left out. */
export function el(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name === "on") for (const [event, handler] of Object.entries(value)) made.addEventListener(event, handler);
    else if (name === "css") for (const [property, given] of Object.entries(value)) made.style.setProperty(property, given);
    else if (name === "data") Object.assign(made.dataset, value);
    else if (name === "href" && !String(value).startsWith("#") && !String(value).startsWith("api/")) continue;
    else made.setAttribute(name, value === true ? "" : String(value));
  }
  made.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false).map(
    (child) => (child instanceof Node ? child : document.createTextNode(String(child)))));
  return made;
}

/** Text by others: isolated, so that no direction of writing in it reaches beyond, and wrapped anywhere. */
export const said = (text, attributes = {}) => el("bdi", { class: "text", ...attributes }, text ?? "");

/** A word of the field; its meaning is shown where the pointer rests on it. */
export const term = (name, words = name) => el("abbr", { title: `${name}: ${TERMS[name]}` }, words);

export const badge = (text, kind = "", attributes = {}) => el("span", { class: `badge ${kind}`, ...attributes }, text);

export const number = (value, digits = 0) =>
  value === null || value === undefined ? "–" : Number(value).toLocaleString("en", { maximumFractionDigits: digits });

export const percent = (share) => (share === null || share === undefined ? "–" : `${Math.round(100 * share)} %`);

/** Confidence of a label in words; one that is less than certain is never "100 %". */
export const sureness = (confidence) => `${percent(confidence < 1 ? Math.min(confidence, 0.994) : 1)} sure`;

export const plural = (count, one, many = `${one}s`) => `${number(count)} ${count === 1 ? one : many}`;

/** Seconds as people say them. */
export function duration(seconds) {
  if (seconds === null || seconds === undefined) return "–";
  if (seconds < 60) return `${number(seconds, seconds < 10 ? 1 : 0)} s`;
  return seconds < 3600 ? `${Math.floor(seconds / 60)} min ${Math.round(seconds % 60)} s` : `${number(seconds / 3600, 1)} h`;
}

export const VERDICTS = { correct: "good", incorrect: "bad", unparsable: "unsure", timeout: "unsure", error: "unsure", truncated: "unsure" };

export const verdictBadge = (verdict, count = null) =>
  badge(count === null ? verdict : `${number(count)} ${verdict}`, VERDICTS[verdict] ?? "");

let shown = 0;
/** Say something for a moment, to readers of screens, too. */
export function toast(text) {
  const box = document.getElementById("toast");
  box.textContent = text;
  box.classList.add("on");
  clearTimeout(shown);
  shown = setTimeout(() => box.classList.remove("on"), 2500);
}

/** Copy a text; where the browser forbids it, show it to be copied by hand. */
export async function copy(text, what) {
  try {
    await navigator.clipboard.writeText(text);
    toast(`${what} copied`);
  } catch {
    const dialog = document.getElementById("copy");
    const box = document.getElementById("copy-text");
    box.value = text;
    dialog.showModal();
    box.select();
  }
}

/** A word for a shell. */
export const quoted = (word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`);
