// Two things that ipywidgets expects and this page's libraries do otherwise.

// The theme's FontAwesome replaces icons by SVG. Nested, the original element stays, so
// that the Play button still finds its own icon.
window.FontAwesomeConfig = { autoReplaceSvg: "nest" };

// The widgets ask for maths in MathJax 2's words; the page has MathJax 3.
document.addEventListener("DOMContentLoaded", () => {
  if (window.MathJax && !window.MathJax.Hub) {
    const typeset = ([, , element]) => window.MathJax.typesetPromise([element]);
    window.MathJax.Hub = { Queue: typeset };
  }
});
