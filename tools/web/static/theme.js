// Light or dark: the reader's system decides until the button is pressed; what was chosen is kept in this browser.
"use strict";
(() => {
  const KEY = "factory-theme";
  const root = document.documentElement;

  // A page that may set no text as HTML, not even by a library. Emptying an element is harmless.
  if (window.trustedTypes && !trustedTypes.defaultPolicy) {
    trustedTypes.createPolicy("default", { createHTML: (text) => (text === "" ? text : null) });
  }

  // Storage may be forbidden, as it is to pages in some frames: then the choice lasts as long as the page.
  const kept = () => {
    try { return localStorage.getItem(KEY); } catch { return null; }
  };
  const keep = (theme) => {
    try { localStorage.setItem(KEY, theme); } catch { /* it lasts as long as the page */ }
  };

  const chosen = kept();
  if (chosen === "light" || chosen === "dark") root.dataset.theme = chosen;

  const system = matchMedia("(prefers-color-scheme: dark)");
  const isDark = () => (root.dataset.theme ? root.dataset.theme === "dark" : system.matches);
  const announce = () => document.dispatchEvent(new CustomEvent("themechange"));

  document.addEventListener("DOMContentLoaded", () => {
    const button = document.querySelector(".theme-button");
    if (!button) return;
    const say = () => {
      button.textContent = isDark() ? "☀ Light" : "☾ Dark";
      button.setAttribute("aria-label", isDark() ? "Use the light theme" : "Use the dark theme");
    };
    button.hidden = false;
    say();
    button.addEventListener("click", () => {
      root.dataset.theme = isDark() ? "light" : "dark";
      keep(root.dataset.theme);
      say();
      announce();
    });
    system.addEventListener("change", () => { say(); announce(); });
  });
})();
