"""Teach nbval what a chapter stores: text only.

`pytest --nbval notebooks` runs every cell in a live kernel and
compares its text. `pytest --replay notebooks` compares in the same
way, by nbval's own code, but takes the outputs from the book's last
build, which has just run the same cells: `make test` does not spend
the time twice.
"""

import execute
import pytest
from nbval.plugin import IPyNbCell, IPyNbFile

from tools.notebooks import KEPT_TYPES

COMPARED = {"data", "stdout", "text", "ename", "evalue"} | KEPT_TYPES


class NotCompared:
    """Everything else: pictures, sound, HTML, stderr, metadata."""

    def __contains__(self, key):
        return key not in COMPARED


class Replay:
    """A kernel that plays back what the build's kernel sent."""

    def __init__(self, path):
        try:
            cells = execute.executed(path).cells
        except KeyError:
            pytest.fail(f"{path.name} is not executed: run `make book` first")
        self.cells = (cell for cell in cells if cell.cell_type == "code")
        self.messages = iter(())

    def execute_cell_input(self, source, allow_stdin=None):
        cell = next(self.cells)
        assert cell.source == source
        self.messages = iter(cell.outputs)
        return "replayed"

    def get_message(self, stream, timeout=None):
        output = next(self.messages, None)
        kind = output.output_type if output else "status"
        content = output or {"execution_state": "idle"}
        parent = {"msg_id": "replayed"}
        return {
            "msg_type": kind,
            "content": content,
            "parent_header": parent,
        }

    def is_alive(self):
        return True

    def await_reply(self, msg_id, timeout=None):
        pass

    await_idle = await_reply

    def stop(self):
        pass


class ReplayedFile(IPyNbFile):
    def setup(self):
        self.kernel = Replay(self.path)


def pytest_addoption(parser):
    parser.addoption(
        "--replay",
        action="store_true",
        help="compare stored text with the book's last build (nbval)",
    )


def pytest_collect_file(file_path, parent):
    if parent.config.option.replay and file_path.suffix == ".ipynb":
        return ReplayedFile.from_parent(parent, path=file_path)


def pytest_collection_modifyitems(items):
    for item in items:
        if isinstance(item, IPyNbCell):
            item.parent.skip_compare = NotCompared()
            # nbval has a time limit of its own
            item.add_marker(pytest.mark.timeout(0))
