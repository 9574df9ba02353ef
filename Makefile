# Two targets do all the set-up on a machine with Python 3.11 and git: `make site` and `make test`.
# `make test` runs the tests when anything has changed since they last passed; `make retest` runs them in any case.
# `make check` runs what CI runs beside the tests; `make docs` writes the pages that are generated from the code.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
WHEEL_SOURCES := $(shell git ls-files -co --exclude-standard kbtool pyproject.toml README.md LICENSE 2>/dev/null)
JOBS ?= auto

ALL_SOURCES := $(shell git ls-files -co --exclude-standard 2>/dev/null)

.PHONY: site test retest check docs lock bench soak clean

site: $(VENV)/.installed
	$(BIN)/kbtool check --strict
	$(BIN)/kbtool build
	@echo
	@echo "The help centre:  $(CURDIR)/site/public/index.html"
	@echo "The wiki:         $(CURDIR)/site/internal/index.html"
	@echo "See them with:    $(BIN)/python -m http.server --bind 127.0.0.1 --directory site/public 8000"

test: $(VENV)/.tested
	@echo
	@echo "All tests passed on $$(cat $(VENV)/.tested), against the wheel: $(CURDIR)/$$(ls dist/kbtool-*.whl)"
	@echo "(\`make retest\` runs them again when nothing has changed)"

retest:
	rm -f $(VENV)/.tested
	$(MAKE) test

$(VENV)/.tested: $(ALL_SOURCES) | $(VENV)/.installed $(VENV)/.dev
	KBTOOL_WHEEL=1 $(BIN)/pytest -n $(JOBS) --dist loadgroup -q
	date -u "+%Y-%m-%d %H:%M UTC" > $@

check: $(VENV)/.installed $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m kbtool.explain content/checks
	git diff --exit-code -- content/checks
	$(BIN)/zizmor --offline --quiet --persona=auditor .github
	$(BIN)/kbtool check --strict

docs: $(VENV)/.installed
	$(BIN)/python -m kbtool.explain content/checks

# What the actions install besides kbtool, pinned by hash for every system and Python.
lock: $(VENV)/.installed
	$(BIN)/pip install -qq --disable-pip-version-check "uv>=0.9"
	$(BIN)/python -c "import tomllib; print(*tomllib.load(open('pyproject.toml', 'rb'))['build-system']['requires'], sep='\n')" > $(VENV)/build.txt
	$(BIN)/uv pip compile --quiet --universal --upgrade --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links \
	  --no-header --no-annotate pyproject.toml $(VENV)/build.txt --output-file .github/actions/check/requirements.txt

bench: $(VENV)/.installed $(VENV)/.dev
	$(BIN)/python bench/ratios.py ../shared/bench/make_kb.py
	$(BIN)/python bench/build.py ../shared/bench/make_kb.py
	$(BIN)/python bench/audit.py ../shared/bench/make_kb.py
	$(BIN)/python bench/reload.py ../shared/bench/make_kb.py
	$(BIN)/python bench/search.py ../shared/bench/make_kb.py
	$(BIN)/python bench/history.py ../shared/bench/make_kb.py
	$(BIN)/python bench/trackers.py
	$(BIN)/python bench/engines.py ../shared/bench/make_kb.py
	$(BIN)/python bench/pre_commit.py ../shared/bench/make_kb.py

soak: $(VENV)/.installed $(VENV)/.dev
	HYPOTHESIS_PROFILE=soak $(BIN)/pytest -n $(JOBS) --dist loadgroup -q

clean:
	rm -rf $(VENV) dist site .kbtool/build .kbtool/serve .kbtool/preview

# The environment holds the wheel, not the checkout: what is tested is what is shipped.
$(VENV)/.installed: $(WHEEL_SOURCES) | $(VENV)/.created
	rm -rf dist
	$(BIN)/pip wheel -qq --no-deps --wheel-dir dist .
	$(BIN)/pip install -qq --disable-pip-version-check --force-reinstall --no-deps dist/kbtool-*.whl
	$(BIN)/pip install -qq --disable-pip-version-check dist/kbtool-*.whl
	touch $@

$(VENV)/.dev: pyproject.toml | $(VENV)/.created
	$(BIN)/python -c "import tomllib; print(*tomllib.load(open('pyproject.toml', 'rb'))['dependency-groups']['dev'], sep='\n')" > $(VENV)/dev.txt
	$(BIN)/pip install -qq --disable-pip-version-check -r $(VENV)/dev.txt
	touch $@

$(VENV)/.created:
	$(PYTHON) -c "import sys; sys.exit(sys.version_info < (3, 11) and 'kbtool needs Python 3.11 or later')"
	$(PYTHON) -m venv $(VENV)
	touch $@
