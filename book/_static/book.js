// Code that is wider than its box can be reached, and scrolled, by the keyboard. The
// theme sees to it a moment after a change of size; here it holds at once.
const boxes = new ResizeObserver((entries) => {
  for (const { target } of entries)
    target.tabIndex = target.scrollWidth > target.clientWidth ? 0 : -1;
});

// The theme's two buttons whose handlers stood in attributes, which the pages' policy
// forbids: fullscreen and print.
document.addEventListener("DOMContentLoaded", () => {
  const press = (buttons, action) => document.querySelectorAll(buttons)
    .forEach((button) => button.addEventListener("click", action));
  press(".btn-fullscreen-button", () => window.toggleFullScreen());
  press(".btn-download-pdf-button", () => window.print());
  document.querySelectorAll("pre").forEach((code) => boxes.observe(code));
});
