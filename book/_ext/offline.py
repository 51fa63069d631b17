"""Pages that load nothing from elsewhere, and nothing that they do not use.

sphinx-thebe, which Jupyter Book always loads, asks a CDN for a script that we never use
and throws without it: all its traces are dropped. The state of Jupyter's widgets goes
too: a page has no kernel, and shows a widget's HTML twin in its place.
"""

from docutils import nodes

UNUSED = (
    "thebe", "widget-state", "kernelName",
    "togglebutton", "toggleHint", "toggleOpen",  # folds that are no <details>
    "design-tabs", "sphinx-design",
)  # fmt: skip


def drop_scripts(app, pagename, templatename, context, doctree):
    """Take unused scripts and styles out of a page's head."""
    for kind in ("script_files", "css_files"):
        if kind in context:
            context[kind] = [f for f in context[kind] if not is_unused(f)]


def is_unused(file) -> bool:
    attributes = getattr(file, "attributes", {})
    return mentions_unused(f"{getattr(file, 'filename', file)} {attributes}")


def drop_inline_scripts(app, doctree, docname):
    """Take thebe's inline scripts out of a page's body."""
    for node in list(doctree.findall(nodes.raw)):
        if "<script" in node.astext()[:200] and mentions_unused(node.astext()):
            node.parent.remove(node)


def mentions_unused(text: str) -> bool:
    return any(name.lower() in text.lower() for name in UNUSED)


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
    app.connect("html-page-context", drop_scripts, priority=900)
    app.connect("doctree-resolved", drop_inline_scripts, priority=900)
    return {"version": "2", "parallel_read_safe": True, "parallel_write_safe": True}
