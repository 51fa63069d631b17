// The theme's FontAwesome replaces icons by SVG. Nested, the original element stays, so
// that ipywidgets' Play button still finds its own icon.
window.FontAwesomeConfig = { autoReplaceSvg: "nest" };
