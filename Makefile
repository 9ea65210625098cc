# Two commands matter: `make demo` and `make test`.  Both need only python3 (3.11+) and make.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
DB     ?= postgres
unexport PYTHONDONTWRITEBYTECODE  # without .pyc files every start compiles everything again

.DEFAULT_GOAL := help
.PHONY: help demo test check lint types imports migrations deploy-check browser mail messages goldens lock chaos bench bench-web bench-abuse eval clean

help: ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

$(VENV)/.boot: requirements/uv.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed; try: make PYTHON=python3.12"; exit 1; }
	@echo "• making $(VENV)"
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); echo "python3 has no venv module; try: apt install python3-venv"; exit 1; }
	@$(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes --only-binary :all: -r $< || echo "• no uv for this platform, using pip"
	@touch $@

install = { test -x $(BIN)/uv && $(BIN)/uv pip install -q --python $(BIN)/python --require-hashes -r $(1); } || \
          $(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes -r $(1)

$(VENV)/.%: requirements/%.txt $(VENV)/.boot
	@echo "• installing $$(grep -c '==' $<) packages from $<"
	@$(call install,$<)
	@touch $@

demo: $(VENV)/.demo ## the whole product on this machine; ARGS="--once", "--fresh", "--page FILE"
	@$(BIN)/python -m newsletter.demo $(ARGS)

test: $(VENV)/.test ## the test suite on real Postgres and Valkey; DB=sqlite for the other engine
	@TEST_DB=$(DB) $(BIN)/python -m pytest $(ARGS)

check: lint types imports migrations deploy-check ## everything that needs no server

lint: $(VENV)/.dev ## ruff: style and common mistakes
	@$(BIN)/ruff check . && $(BIN)/ruff format --check .

types: $(VENV)/.dev ## mypy --strict
	@DEBUG=1 $(BIN)/mypy

imports: $(VENV)/.dev ## which module may import which
	@$(BIN)/lint-imports

migrations: $(VENV)/.dev ## no model change without a migration
	@DEBUG=1 $(BIN)/python manage.py makemigrations --check --dry-run

deploy-check: $(VENV)/.dev ## Django's deployment checks with production settings
	@env -i PATH="$$PATH" SECRET_KEY=$$($(BIN)/python -c 'import secrets; print(secrets.token_urlsafe(50))') \
	  SITE_URL=https://news.example.org MAIL_FROM="Papers <digest@news.example.org>" \
	  DATABASE_URL=sqlite:////tmp/deploy-check.sqlite3 REDIS_URL=redis://localhost:6379 \
	  EMAIL_URL=smtp://localhost:25 POSTAL_ADDRESS="1 Example Street" $(BIN)/python manage.py check --deploy --fail-level WARNING

browser: $(VENV)/.dev ## pages and mails in headless Chromium, on a phone and a desktop, light and dark
	@TEST_DB=sqlite $(BIN)/python -m pytest tests/browser -m browser $(ARGS)

mail: $(VENV)/.test ## compile the MJML sources of the mails
	@DEBUG=1 $(BIN)/python manage.py compile_mail

messages: $(VENV)/.test ## gather what is to be translated, compile, list what is missing; ARGS=--check
	@DEBUG=1 $(BIN)/python manage.py messages $(ARGS)

chaos: $(VENV)/.test ## break everything while an issue is sent; ARGS="--short", "NAME ..."
	@$(BIN)/python -m tests.chaos $(ARGS)

goldens: $(VENV)/.test ## write the digests anew that tests compare with
	@GOLDENS=1 TEST_DB=sqlite $(BIN)/python -m pytest -q tests/newsletter/test_goldens.py $(ARGS)

bench: $(VENV)/.test ## all benchmarks, one after the other
	@for file in bench/bench_*.py; do echo "== $$file"; $(BIN)/python $$file $(ARGS) || exit 1; done

bench-web: $(VENV)/.test ## pages a second with 100,000 papers; ARGS="PAPERS SECONDS"
	@$(BIN)/python bench/bench_web.py $(ARGS)

bench-abuse: $(VENV)/.test ## what abuse achieves: floods, guesses, scanners; ARGS="SHARE PART ..."
	@$(BIN)/python bench/bench_abuse.py $(ARGS)

eval: $(VENV)/.test ## measure papers, topics, trends and matching on real data; DATA=FOLDER
	@test -n "$(DATA)" || { echo "eval needs a folder of recorded lists and answers: make eval DATA=FOLDER"; exit 2; }
	@$(BIN)/python bench/evaluate.py "$(DATA)"

LOCK := $(BIN)/uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header -q $(ARGS)
lock: $(VENV)/.boot ## refresh requirements/ from pyproject.toml; ARGS=--upgrade for newer versions
	@$(LOCK) pyproject.toml --group dev -o requirements/dev.txt
	@$(LOCK) pyproject.toml --group test -c requirements/dev.txt -o requirements/test.txt
	@$(LOCK) pyproject.toml --group demo -c requirements/dev.txt -o requirements/demo.txt
	@$(LOCK) pyproject.toml -c requirements/dev.txt -o requirements/prod.txt
	@echo uv | $(LOCK) - -o requirements/uv.txt

clean: ## forget the demo's state and all caches
	@rm -rf var .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis staticfiles
