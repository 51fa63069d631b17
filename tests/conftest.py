"""Under pytest, and only there, every function's shapes and types are checked."""

import importlib.util
import os
import sys
from pathlib import Path

import jaxtyping
import pytest
import torch

# before minidiff is imported; an int may stand where a float is meant, as in Python
CHECKER = "beartype.beartype(conf=beartype.BeartypeConf(is_pep484_tower=True))"
if importlib.util.find_spec("beartype"):  # a bare machine with a GPU lacks it
    jaxtyping.install_import_hook("minidiff", CHECKER)
sys.path.insert(0, str(Path(__file__).parent))  # for `import tiny`
torch.set_num_threads(1)  # the same sums in the same order, here and in CI


@pytest.fixture
def unhooked():
    """Bad input meets the package as a user has it, without the checks of types."""
    jaxtyping.config.update("jaxtyping_disable", True)
    yield
    jaxtyping.config.update("jaxtyping_disable", False)


@pytest.fixture(scope="session")
def recordings():
    """The folder with real recordings, where there is one."""
    if not os.environ.get("MINIDIFF_DATA"):
        pytest.skip("set MINIDIFF_DATA to a folder with recordings to test on them")
    return Path(os.environ["MINIDIFF_DATA"])
