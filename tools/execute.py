"""Execute the chapters into the book's cache: `python tools/execute.py [FILES]`.

Two chapters at a time, one thread per kernel. A chapter that is already in the cache
is not run again. The cache is emptied when anything it depends on changes: the package,
the weights, the lock, the Python version or the data at hand (jupyter-cache itself
looks at the cells only).
"""

import hashlib
import logging
import multiprocessing
import os
import resource
import shutil
import sys
import time
from concurrent.futures import ProcessPoolExecutor, as_completed
from pathlib import Path

import nbformat
from jupyter_cache import get_cache
from jupyter_cache.base import CacheBundleIn
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError

ROOT = Path(__file__).resolve().parents[1]
CACHE = ROOT / "_build" / ".jupyter_cache"
THREADS = ("OMP", "MKL", "OPENBLAS", "NUMBA")
DATA = ("MINIDIFF_DATA", "LIBROSA_DATA_DIR")
TIMEOUT = 600  # seconds a cell
TALK = 15  # seconds between two lines about a chapter that is running


def fingerprint():
    """A digest of everything but the chapters themselves that outputs depend on."""
    digest = hashlib.sha256(sys.version.encode())
    for name in DATA:
        digest.update(f"{name}={os.environ.get(name)}".encode())
    package = sorted((ROOT / "minidiff").rglob("*"))
    for path in [ROOT / "requirements.txt", *package]:
        if path.is_file() and "__pycache__" not in path.parts:
            digest.update(f"{path.relative_to(ROOT)}".encode())
            digest.update(path.read_bytes())
    return digest.hexdigest()


def open_cache():
    """The cache, emptied first if it was filled by another state of the package."""
    key, now = CACHE / "fingerprint", fingerprint()
    if CACHE.exists() and not (key.exists() and key.read_text() == now):
        shutil.rmtree(CACHE)
    cache = get_cache(CACHE)
    cache.path  # noqa: B018 (makes the folder)
    if not key.exists():  # its time says when the outputs became others
        key.write_text(now)
    return cache


def cached(cache, notebook):
    """Whether the cache holds this notebook's outputs."""
    try:
        return cache.match_cache_notebook(notebook)
    except KeyError:
        return None


def executed(path):
    """A chapter with the outputs of its last execution (KeyError: not executed)."""
    notebook = nbformat.read(path, as_version=4)
    return get_cache(CACHE).merge_match_into_notebook(notebook)[1]


def run_one(path):
    """Execute one chapter in a fresh kernel -> (notebook, seconds, peak bytes, fault).

    Runs in a process of its own, so that the peak is this chapter's alone.
    """
    os.environ |= {f"{name}_NUM_THREADS": "1" for name in THREADS}
    logging.getLogger("traitlets").setLevel(logging.CRITICAL)
    notebook = nbformat.read(path, as_version=4)
    count, start = len(notebook.cells), time.monotonic()
    spoke, current = start, 0
    say(f"{path.stem}: started")

    def progress(cell, cell_index):
        nonlocal spoke, current
        current = cell_index
        if time.monotonic() - spoke > TALK:
            spoke = time.monotonic()
            say(f"{path.stem}: {spoke - start:.0f} s, cell {current + 1} of {count}")

    client = NotebookClient(
        notebook,
        timeout=TIMEOUT,
        record_timing=False,  # times in the cells would change their key in the cache
        extra_arguments=["--log-level=40"],
        resources={"metadata": {"path": str(path.parent)}},
        on_cell_start=progress,
    )
    fault = None
    try:
        client.execute()
    except (CellExecutionError, CellTimeoutError, DeadKernelError) as error:
        fault = f"cell {current + 1} of {count}\n{error}"
    seconds = time.monotonic() - start
    children = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    peak = children * (1 if sys.platform == "darwin" else 1024)
    return notebook, seconds, peak, fault


def execute(paths, workers=2):
    """Execute those chapters that the cache lacks; return the paths that failed.

    After the first failure no new chapter is started.
    """
    cache = open_cache()
    notebooks = {path: nbformat.read(path, as_version=4) for path in paths}
    pending = [path for path in paths if not cached(cache, notebooks[path])]
    say(f"{len(paths)} chapters: {len(pending)} to execute, the others are cached")
    if pending:
        # Its first import builds a font cache, and says so: not on a page.
        import matplotlib.font_manager  # noqa: F401
    failed, begin = [], time.monotonic()
    pool = ProcessPoolExecutor(
        workers, multiprocessing.get_context("spawn"), max_tasks_per_child=1
    )
    with pool:
        jobs = {pool.submit(run_one, path): path for path in pending}
        for job in as_completed(jobs):
            path = jobs[job]
            if job.cancelled():
                continue
            notebook, seconds, peak, fault = job.result()
            if fault:
                failed.append(path)
                for other in jobs:
                    other.cancel()
                say(f"{path.stem}: FAILED in {fault}")
                continue
            say(f"{path.stem}: done in {seconds:.0f} s, peak {peak / 1e9:.1f} GB")
            bundle = CacheBundleIn(
                notebook, str(path), data={"execution_seconds": seconds}
            )
            cache.cache_notebook_bundle(bundle, check_validity=False, overwrite=True)
    if pending:
        say(f"executed in {time.monotonic() - begin:.0f} s")
    return failed


def say(text):
    print(f"  {text}", flush=True)


if __name__ == "__main__":
    chosen = [Path(name).resolve() for name in sys.argv[1:]]
    every = [p for part in ("notebooks", "book") for p in (ROOT / part).glob("*.ipynb")]
    broken = execute(chosen or sorted(every, key=lambda p: p.name))
    if broken:
        sys.exit(f"The book stops here: {broken[0].name} failed, see above.")
