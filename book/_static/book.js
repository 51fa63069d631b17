// Code that is wider than its box can be reached, and scrolled, by the keyboard. The
// theme sees to it a moment after a change of size; here it holds at once.
const boxes = new ResizeObserver((entries) => {
  for (const { target } of entries) {
    const wide = target.scrollWidth > target.clientWidth;
    target.tabIndex = wide ? 0 : -1;
    target.classList.toggle("scrolls", wide);
  }
});

// A table or a formula that is wider than its place is set smaller, as far as it can be
// read; a table that is still too wide, as on a phone, is written row by row.
const widths = new WeakMap();
const places = new ResizeObserver((entries) => {
  for (const { target } of entries) {
    if (widths.get(target) === target.clientWidth) continue; // only its height is new
    widths.set(target, target.clientWidth);
    target.querySelectorAll(":scope > :is(table, div.math)").forEach(fit);
  }
});

function fit(box) {
  const table = box.matches("table"), wide = () => box.scrollWidth > box.clientWidth;
  box.style.fontSize = "";
  box.classList.remove("rows");
  for (let size = 95; wide() && size >= (table ? 75 : 65); size -= 5)
    box.style.fontSize = `${size / 100}em`;
  if (!table || !wide() || innerWidth > 600) return;
  box.style.fontSize = "";
  box.classList.add("rows");
}

// Each cell knows its heading, and stays a cell for screen readers when it is shown as a
// line of its own.
function label(table) {
  const heads = [...table.tHead?.rows[0]?.cells ?? []].map((e) => e.textContent.trim());
  table.setAttribute("role", "table");
  for (const part of table.querySelectorAll("thead, tbody"))
    part.setAttribute("role", "rowgroup");
  for (const row of table.rows) {
    row.setAttribute("role", "row");
    [...row.cells].forEach((cell, i) => {
      const head = cell.closest("thead");
      cell.setAttribute("role", head ? "columnheader" : i ? "cell" : "rowheader");
      if (head) return;
      const inside = document.createElement("div"); // one place beside the heading
      inside.append(...cell.childNodes);
      cell.append(inside);
      cell.dataset.label = heads[i] ?? "";
    });
  }
}

// The theme's two buttons whose handlers stood in attributes, which the pages' policy
// forbids: fullscreen and print.
document.addEventListener("DOMContentLoaded", () => {
  const press = (buttons, action) => document.querySelectorAll(buttons)
    .forEach((button) => button.addEventListener("click", action));
  press(".btn-fullscreen-button", () => window.toggleFullScreen());
  press(".btn-download-pdf-button", () => window.print());
  document.querySelectorAll("pre").forEach((code) => boxes.observe(code));
  document.querySelectorAll("main table").forEach(label);
  document.querySelectorAll("main :is(table, div.math)")
    .forEach((box) => places.observe(box.parentElement));
});
