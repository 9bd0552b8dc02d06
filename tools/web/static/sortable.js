// Tables with the class "sortable": a click on a column's head sorts by it, another one turns the order round.
// A cell is compared by its data-v where it has one (the plain number behind what is shown), else by its text.
"use strict";
(() => {
  const collator = new Intl.Collator("en", { numeric: true });

  const key = (row, column) => {
    const cell = row.cells[column];
    if (!cell) return { number: null, text: "" };
    const raw = cell.dataset.v ?? cell.textContent.trim();
    const number = raw === "" ? NaN : Number(raw.replaceAll(",", ""));
    return { number: Number.isNaN(number) ? null : number, text: raw };
  };

  // What is no number stands behind all numbers, in either order.
  const compare = (a, b, turn) => {
    if (a.number !== null && b.number !== null) return turn * (a.number - b.number);
    if (a.number !== null) return -1;
    if (b.number !== null) return 1;
    return turn * collator.compare(a.text, b.text);
  };

  const sort = (table, column, turn) => {
    const body = table.tBodies[0];
    const keyed = [...body.rows].map((row) => [row, key(row, column)]);
    keyed.sort((a, b) => compare(a[1], b[1], turn));
    body.append(...keyed.map(([row]) => row));
  };

  document.addEventListener("DOMContentLoaded", () => {
    for (const table of document.querySelectorAll("table.sortable")) {
      const heads = [...table.tHead.rows[table.tHead.rows.length - 1].cells];
      heads.forEach((head, column) => {
        const button = document.createElement("button");
        button.type = "button";
        button.className = "sort";
        button.append(...head.childNodes);
        head.append(button);
        button.addEventListener("click", () => {
          // Numbers are looked at from the largest, texts from A.
          const first = head.classList.contains("number") ? "descending" : "ascending";
          const other = first === "descending" ? "ascending" : "descending";
          const order = head.getAttribute("aria-sort") === first ? other : first;
          heads.forEach((each) => each.removeAttribute("aria-sort"));
          head.setAttribute("aria-sort", order);
          sort(table, column, order === "ascending" ? 1 : -1);
        });
      });
    }
  });
})();
