# The front door. Every target sets up what it needs; see README.md.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

# What Qt's wheels expect of the system, and a virtual screen to test windows on
GUI_PACKAGES := libgl1 libegl1 libglib2.0-0 libfontconfig1 libdbus-1-3 libpulse-mainloop-glib0 libxkbcommon-x11-0 \
	libxcb-icccm4 libxcb-image0 libxcb-keysyms1 libxcb-randr0 libxcb-render-util0 libxcb-shape0 libxcb-xinerama0 libxcb-xkb1
AVR_PACKAGES := gcc make gcc-avr avr-libc binutils-avr simavr libsimavr-dev libelf-dev arduino-core-avr
TEST_PACKAGES := $(AVR_PACKAGES) $(GUI_PACKAGES) xvfb xauth hdf5-tools faketime

.PHONY: help setup demo app test faults fuzz lint format firmware bench screenshots lock clean
help:
	@echo "make demo      the whole thing on a virtual glove (a window, or the terminal where there is no display)"
	@echo "make app       the window, on the first glove found"
	@echo "make test      all tests, the real firmware in its simulator included"
	@echo "make faults    kills, power cuts, pulled cables ... against the real program; long"
	@echo "make fuzz      a search for bytes that break a promise, led by the code they reach; five minutes"
	@echo "make lint      style, types and the layers of the house"
	@echo "make firmware  the glove's binary, in firmware/build/"
	@echo "make screenshots  the pictures in docs/screenshots, drawn anew"
	@echo "make bench     the budgets: budget, measured, ratio"
	@echo "make setup     only the environment in .venv"

setup: $(VENV)/ready

$(VENV)/ready: requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed; name one with make PYTHON=..." >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || .ci/need python3-venv
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

.PHONY: gui-packages
gui-packages:
	@if [ -n "$$DISPLAY$$WAYLAND_DISPLAY" ]; then .ci/need $(GUI_PACKAGES); fi

demo: setup gui-packages
	$(BIN)/nmt-sense demo $(DEMO)

app: setup gui-packages
	$(BIN)/nmt-sense

test: setup
	@.ci/need $(TEST_PACKAGES)
	$(MAKE) --no-print-directory -C firmware all sim
	$(BIN)/python -m pytest $(TESTS)

# The whole fault suite, the better part of an hour: kills, power cuts, cables, resets, bytes, clocks, disks, hostile files
faults: setup atheris
	@.ci/need $(TEST_PACKAGES)
	$(MAKE) --no-print-directory -C firmware all sim
	$(BIN)/python -m tests.faults $(FAULTS)

# Finds what it finds by the code it reaches; other times with FUZZ="--seconds 3600", a find again with FUZZ=build/fuzz-crash-...
fuzz: setup atheris
	$(BIN)/python -m tests.fuzz.guided $(FUZZ)

# Not part of setup: there are wheels for some systems only, and nothing but the search needs it
.PHONY: atheris
atheris: setup
	@$(BIN)/python -c 'import importlib.util, sys; sys.exit(not importlib.util.find_spec("atheris"))' || \
		$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-build-isolation --editable '.[fuzz]' || \
		echo "atheris has no build for this Python and system; the search led by coverage is left out" >&2

lint: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: setup
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

firmware:
	@.ci/need $(AVR_PACKAGES)
	$(MAKE) --no-print-directory -C firmware all

bench: setup
	$(BIN)/python -m benchmarks

# All phases of all techniques, to be looked at, with SCREENSHOTS=/some/folder
screenshots: setup
	$(BIN)/python -m tests.app.screenshots $(or $(SCREENSHOTS),docs/screenshots kept)

# After a change of dependencies in pyproject.toml; needs uv
lock:
	uv pip compile --quiet pyproject.toml --extra dev --universal --generate-hashes -o requirements.lock

clean:
	rm -rf $(VENV) build dist
	$(MAKE) --no-print-directory -C firmware clean
