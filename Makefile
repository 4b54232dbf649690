# `make demo` and `make test` each work alone on a fresh clone: Python 3.11 or newer, git and make.
PYTHON ?= python3
BIN := .venv/bin
INPUTS := pyproject.toml constraints.txt

.PHONY: demo app analyses test lint types check docs numbers screenshots clean

demo: .venv/installed-offline
	$(BIN)/workbench demo --out runs/demo

analyses: .venv/installed-offline
	$(BIN)/python analyses/all.py --runs runs/demo --out runs/demo/analyses

app: .venv/installed-app | runs/demo/report.html
	$(BIN)/workbench app --runs runs

# Only where there is no demo run yet.
runs/demo/report.html: | .venv/installed-offline
	$(BIN)/workbench demo --out runs/demo

test: lint types check docs

lint: .venv/installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports

types: .venv/installed-dev
	$(BIN)/mypy

# A worker that dies ends the tests: started anew, it can leave the others waiting for ever.
check: .venv/installed-dev
	OMP_NUM_THREADS=1 $(BIN)/pytest -n auto --dist loadscope --max-worker-restart=0

docs: .venv/installed-dev
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict

# The tables of README and docs again; RUNS="runs/demo ..." first keeps those runs' frames in docs/numbers.
numbers: .venv/installed-dev
	$(BIN)/python docs/tools/stored_numbers.py $(RUNS)
	$(BIN)/python docs/tools/strengths.py

# The README's pictures of the app, from the demo run; needs chromium.
screenshots: .venv/installed-dev | runs/demo/report.html
	$(BIN)/python analyses/pages/app_screenshots.py --runs runs --out docs/images

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo 'Python 3.11 or newer is needed: make PYTHON=python3.12 ...' >&2; exit 1; }
	$(PYTHON) -m venv .venv

.venv/installed-%: .venv/bin/python $(INPUTS)
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[$(EXTRAS)]'
	touch $@

.venv/installed-offline: EXTRAS := offline
.venv/installed-app: EXTRAS := offline,app
.venv/installed-dev: EXTRAS := offline,app,excel,icu,onnx,openvino,ray,slurm,docs,dev

clean:
	rm -rf .venv build *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis
