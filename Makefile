# Two commands: `make book` (the default) and `make test`. Each sets up all it needs.

PYTHON ?= python3
PORT ?= 8000
# Files of tests that run at once.
JOBS ?= 2
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
SCRIPTS := node_modules/.ready
# A file stays in one process: what it sets up, a browser or a model, is set up once.
SPREAD := -n $(JOBS) --dist loadfile
# One thread per kernel: chapters run two at a time and give the same on any machine.
export OMP_NUM_THREADS ?= 1

.DEFAULT_GOAL := book
.PHONY: help book serve pdf classroom test lint unit pages notebooks lock clean

help:  ## show this list
	@grep -E '^[a-z]+:.*##' Makefile | sed -E 's/:.*## /\t/' | expand -t 12

book: $(READY) $(SCRIPTS)  ## execute the chapters and build the book (the default)
	@echo "== Executing the chapters"
	@$(BIN)/python tools/execute.py
	@echo "== Building the pages"
	@$(BIN)/python tools/build.py $(BUILD)
	@echo "The book is ready: open _build/html/index.html, or type: make serve"

serve: book  ## build the book and show it on http://127.0.0.1:8000 (PORT=...)
	@echo "Serving http://127.0.0.1:$(PORT)/ (Ctrl-C stops)"
	@$(BIN)/python -m http.server --bind 127.0.0.1 --directory _build/html $(PORT)

pdf: book  ## the whole book as one PDF, _build/diffusion-by-ear.pdf (needs Chromium)
	@echo "== Printing the book"
	@$(BIN)/python tools/pdf.py

classroom: $(READY)  ## for teachers: chapters without solutions, with them, and zips
	@$(BIN)/python tools/classroom.py

test:  ## lint, unit tests, the whole book, its stored outputs and its pages
	@$(MAKE) --no-print-directory lint
	@$(MAKE) --no-print-directory unit
	@$(MAKE) --no-print-directory book BUILD=--all
	@$(MAKE) --no-print-directory pages

lint: $(READY)  ## ruff: lint and format
	@echo "== Lint and format"
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .

unit: $(READY)  ## the package's tests
	@echo "== Unit tests"
	@$(BIN)/pytest $(SPREAD) tests --ignore=tests/book

# The build has just executed every chapter; `--replay` hands those outputs to nbval
# instead of spending another ten minutes on the same cells.
pages: $(READY)  ## nbval on the stored outputs, and the built pages in Chromium
	@echo "== Stored outputs and built pages"
	@$(BIN)/pytest $(SPREAD) --replay notebooks book tests/book

notebooks: $(READY)  ## execute the chapters and store their text outputs in them
	@$(BIN)/python tools/notebooks.py run

lock:  ## resolve requirements.in into requirements.txt (needs uv)
	uv pip compile --universal --python-version 3.11 requirements.in -o requirements.txt

clean:  ## remove what was built (not the environment)
	rm -rf _build

$(READY): requirements.txt
	@echo "== Installing the locked environment into $(VENV) (some minutes, once)"
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' \
	  || { echo "Python 3.11 to 3.13 is needed, such as: make PYTHON=python3.12"; exit 1; }
	@# one that lacks pip was left behind by a failure
	@$(BIN)/python -m pip --version >/dev/null 2>&1 || $(PYTHON) -m venv --clear $(VENV)
	@$(BIN)/python -m pip install --disable-pip-version-check -r requirements.txt
	@$(BIN)/python -m pip install --disable-pip-version-check --no-deps \
	  --no-build-isolation -e .
	@touch $@

$(SCRIPTS): package-lock.json $(READY)
	@echo "== Installing what the pages load (KaTeX) and what tests them (axe)"
	@PATH="$(CURDIR)/$(BIN):$$PATH" npm ci --ignore-scripts --no-audit --no-fund
	@touch $@
