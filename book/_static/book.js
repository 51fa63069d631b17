// The theme's two buttons whose handlers stood in attributes, which the pages' policy
// forbids: fullscreen and print.
document.addEventListener("DOMContentLoaded", () => {
  const press = (buttons, action) => document.querySelectorAll(buttons)
    .forEach((button) => button.addEventListener("click", action));
  press(".btn-fullscreen-button", () => window.toggleFullScreen());
  press(".btn-download-pdf-button", () => window.print());
});
