# Two commands matter: `make demo` and `make test`. Both bring what they need.
.DEFAULT_GOAL := help
SHELL := /bin/sh
export UV_PYTHON_DOWNLOADS := never
export UV_SYSTEM_CERTS := 1
# Hundreds of processes start in a run of the tests; each would compile the product anew.
export PYTHONDONTWRITEBYTECODE :=
PYTHON ?=
WORKERS ?= $(shell nproc 2>/dev/null || echo 2)
CHOSEN := $(shell sh scripts/choose_python.sh $(PYTHON))
UV := .tools/bin/uv
OWN := .venv/bin/python
RUN_STAMP := .tools/run-$(shell (echo $(CHOSEN); cat requirements/run.lock) | cksum | cut -d' ' -f1)
DEV_STAMP := .tools/dev-$(shell (echo $(CHOSEN); cat requirements/dev.lock) | cksum | cut -d' ' -f1)
PYTEST := $(OWN) -m pytest -n $(WORKERS) --dist loadfile
QUICK := $(OWN) -m pytest -n $(WORKERS) --dist worksteal --memory -m "not slow"
CATALOGUES := $(patsubst %.po,%.mo,$(wildcard locales/*/LC_MESSAGES/tinbao.po))

.PHONY: help setup demo quick setup-test test test-two test-store test-deploy other-pythons check sbom release bench soak eval data learn fonts pictures drawings mutants interop lock locales clean

help: ## Show what there is to make
	@awk -F':.*## ' '/^[a-z-]+:.*## /{printf "  make %-12s %s\n", $$1, $$2}' Makefile

$(UV):
	@test -n "$(CHOSEN)"
	@sh scripts/bring_uv.sh $(CHOSEN)

$(RUN_STAMP): $(UV) requirements/run.lock
	@test -n "$(CHOSEN)"
	@sh scripts/new_venv.sh $(CHOSEN)
	@ls .tools/dev-* >/dev/null 2>&1 || $(UV) pip sync -q --python $(OWN) requirements/run.lock
	@$(OWN) scripts/put_on_path.py
	@touch $@

$(DEV_STAMP): $(RUN_STAMP) requirements/dev.lock
	@$(UV) pip sync -q --python $(OWN) requirements/dev.lock
	@$(OWN) scripts/put_on_path.py
	@rm -f .tools/dev-*; touch $@

%.mo: %.po
	@$(OWN) -m babel.messages.frontend compile -i $< -o $@ 2>/dev/null

setup: $(RUN_STAMP) $(CATALOGUES) ## Bring uv and what the product runs on

demo: setup ## Run the product on a throw-away home; PORT= for another port, ZALO=1 with a telephone
	@exec .venv/bin/tinbao demo

quick: $(DEV_STAMP) $(CATALOGUES) ## Run what needs no browser, no server and no long time: for every change
	@$(QUICK)

setup-test: setup $(DEV_STAMP) ## Bring what the tests need: PostgreSQL, PgBouncer, promtool, chromium, strace, exiftool, ffmpeg, poppler, LibreOffice
	@$(OWN) scripts/setup_test.py

test: setup-test check ## Run every check and every test; PYTHON=python3.13 for another Python
	@$(PYTEST)

test-two: setup-test ## Run the flows once more, their turns taken by two processes in turn
	@TINBAO_TEST_TWO=1 $(PYTEST) tests/flows

test-deploy: setup-test ## Follow docs/deploy.md in a Debian of its own, from the bare machine to a tip at the desk; as root
	@$(OWN) scripts/setup_test.py deploy
	@TINBAO_TEST_DEPLOY=1 $(OWN) -m pytest -p no:cacheprovider tests/deploy

test-store: setup-test ## Run the store's contract on a server: URL=postgresql://user@host:port, whose user may make databases and roles
	@test -n "$(URL)" || { echo "make test-store: say which server, with URL=postgresql://user@host:port" >&2; exit 2; }
	@TINBAO_TEST_SERVER=$(URL) $(PYTEST) tests/contract

other-pythons: setup-test ## Check types, units and the start on every other Python of this machine, or ONLY=3.11
	@WORKERS=$(WORKERS) ONLY=$(ONLY) sh scripts/other_pythons.sh

check: $(DEV_STAMP) $(CATALOGUES) ## Lint, types, the import arrow and licences
	@.venv/bin/ruff check -q .
	@.venv/bin/ruff format -q --check .
	@.venv/bin/mypy --no-error-summary
	@.venv/bin/lint-imports --no-cache >.tools/arrow.txt 2>&1 || { cat .tools/arrow.txt; exit 1; }
	@$(OWN) scripts/check_licences.py

sbom: $(DEV_STAMP) ## List what the product runs on, with licences, as CycloneDX: sbom.json
	@$(UV) venv -q --clear --python $(CHOSEN) .tools/sbom
	@$(UV) pip sync -q --python .tools/sbom/bin/python requirements/run.lock
	@.venv/bin/cyclonedx-py environment --pyproject pyproject.toml --mc-type application --gather-license-texts --output-reproducible --output-file sbom.json .tools/sbom
	@rm -rf .tools/sbom

release: sbom $(CATALOGUES) ## Build what is given away of a version, into dist/; CONTRIBUTING.md says how one is cut
	@$(OWN) scripts/release.py --sbom sbom.json

bench: setup-test ## Measure speed; each ceiling in the same run
	@$(OWN) -m bench

soak: setup-test ## Flood two processes over Telegram while the platform fails and the database stands still
	@$(OWN) -m bench.soak

eval: setup ## Measure triage on the labelled messages
	@$(OWN) -m bench.eval

data: $(DEV_STAMP) ## Make the area tables and the map of tiles anew from scripts/sources
	@$(OWN) scripts/make_areas.py
	@$(OWN) scripts/draw_tiles.py

learn: $(DEV_STAMP) ## Learn the triage models anew from scripts/messages
	@$(OWN) -m scripts.learn

fonts: $(DEV_STAMP) ## Make the posters' fonts anew from Debian's fonts-noto-core and fonts-noto-cjk
	@$(OWN) scripts/make_fonts.py

pictures: setup-test ## Take the pictures of docs/pictures from the demo
	@$(OWN) scripts/take_pictures.py

drawings: setup ## Draw anew what docs/ shows of the tables that rule
	@$(OWN) scripts/draw_conversation.py
	@$(OWN) scripts/draw_permissions.py

mutants: setup-test ## Take out each guard in turn and see its test turn red; PASSED=1 right after `make test`, THIRD=N for every third
	@$(OWN) scripts/mutants.py $(if $(PASSED),--passed) $(if $(THIRD),--third=$(THIRD))

interop: setup ## Make the HPKE vectors anew with an independent implementation (needs node)
	@npm install --silent --no-package-lock --prefix .tools/interop @hpke/core@1.9.0 @hpke/hybridkem-x-wing@0.7.0
	@cp scripts/interop.mjs .tools/interop/
	@$(OWN) scripts/make_vectors.py

locales: $(CATALOGUES) ## Compile the catalogues

lock: $(UV) ## Resolve the dependencies anew
	$(UV) pip compile -q --universal --generate-hashes --no-emit-index-url --no-emit-find-links --python-version 3.11 --custom-compile-command "make lock" pyproject.toml -o requirements/run.lock
	$(UV) pip compile -q --universal --generate-hashes --no-emit-index-url --no-emit-find-links --python-version 3.11 --custom-compile-command "make lock" --extra dev pyproject.toml -o requirements/dev.lock

clean: ## Remove what setup made
	rm -rf .venv .tools
