"""Pages that load nothing from elsewhere.

MathJax and the ipywidgets manager come from the locked `package.json`: they are copied
into the book's static files. sphinx-thebe, which Jupyter Book always loads, asks a
CDN for a script that we never use and throws without it: its scripts are dropped.
"""

import shutil
from pathlib import Path

from sphinx.errors import ExtensionError

# What is copied: folder in node_modules -> (folder under _static, names or patterns).
PARTS = {
    "mathjax/es5": (
        "mathjax",
        ["tex-chtml.js", "a11y", "sre", "input/tex/extensions", "output/chtml"],
    ),
    "@jupyter-widgets/html-manager/dist": ("widgets", ["embed.js", "*.woff2"]),
}


def copy_parts(app, config):
    """Copy the pages' scripts out of node_modules into `_build/vendor`."""
    modules = Path(app.srcdir, "node_modules")
    vendor = Path(app.srcdir, "_build", "vendor")
    for source, (target, patterns) in PARTS.items():
        if not (modules / source).is_dir():
            raise ExtensionError(f"node_modules/{source} is missing: run `make book`")
        for pattern in patterns:
            for path in (modules / source).glob(pattern):
                copy = vendor / target / path.relative_to(modules / source)
                copy.parent.mkdir(parents=True, exist_ok=True)
                if path.is_dir():
                    shutil.copytree(path, copy, dirs_exist_ok=True)
                else:
                    shutil.copy2(path, copy)
    config.html_static_path.append(str(vendor))


def drop_thebe(app, pagename, templatename, context, doctree):
    """Take sphinx-thebe's scripts and styles out of a page."""
    for kind in ("script_files", "css_files"):
        if kind in context:
            context[kind] = [f for f in context[kind] if not is_thebe(f)]


def is_thebe(file):
    attributes = getattr(file, "attributes", {})
    text = f"{getattr(file, 'filename', file)} {attributes.get('body', '')}"
    return "thebe" in text.lower()


def keep_alt_text():
    """Give pictures the alt text that the display call stored beside them.

    `display(figure, metadata={"image/png": {"alt": "..."}})` is Jupyter's own way of
    saying it, and JupyterLab reads it; MyST-NB 1.4 reads only width and height.
    """
    from myst_nb.core.render import NbElementRenderer

    render_image = NbElementRenderer.render_image

    def with_alt(self, data):
        images = render_image(self, data)
        alt = data.output_metadata.get(data.mime_type, {}).get("alt")
        if alt:
            images[0]["alt"] = alt
        return images

    NbElementRenderer.render_image = with_alt


def setup(app):
    keep_alt_text()
    app.connect("config-inited", copy_parts)
    app.connect("html-page-context", drop_thebe, priority=900)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
