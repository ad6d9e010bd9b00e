# The ways into the project. Each target prepares what it needs by itself (see setup).
# Owns nothing: the work is done by the scripts in tests_host/tools and tests_host/bench.
PYTHON ?= python3
PY := .venv/bin/python
# The driver and the simulated module in one process.
IN_PROCESS := PYTHONPATH=lib:tests_host:tests_host/shim/cpython $(PY)
SETUP := PYTHONPATH=tests_host $(PYTHON) -m tools.setup

.PHONY: help setup ready demo test quick bench profiles fuzz soak coverage mutation sim format
.PHONY: docs clean distclean

help:
	@echo "make setup   prepare .venv, both MicroPython interpreters and an MQTT broker"
	@echo "make demo    the examples on MicroPython (64 KB heap) against a simulated module"
	@echo "make test    every check; 'make quick' leaves out the slow ones"
	@echo "make bench   sizes, heap and instructions, with other drivers beside"
	@echo "make profiles  the system tests on every firmware; writes docs/firmware.md"
	@echo "make fuzz    random inputs against driver and simulator (FUZZ_ARGS='--inputs ... --seconds ... --atheris')"
	@echo "make soak    simulated lives under random faults (SEEDS=..., MINUTES=...), talks on five links"
	@echo "             (TALKS=...), months of one device (DAYS=...), random schedules of sleep"
	@echo "             (SCHEDULES=...), 1 MiB from AT 0.30"
	@echo "make coverage, make mutation   how much of the driver the tests run, and notice"
	@echo "make sim     a simulated module on a pty (SIM_ARGS='--profile ... --baud ...')"
	@echo "make format  bring the sources into the project's format, and all that is made from them up to date"
	@echo "make docs    the documentation as a site in build/site, links checked"
	@echo "make clean   remove what was built; distclean also removes what setup fetched"

setup:
	@$(SETUP) --retry

# What the other targets call: ends at once when everything is in place.
ready:
	@$(SETUP)

demo:
	@$(SETUP) --demo
	@$(PY) -m tools.demo

test: ready
	@$(PY) -m tools.check

quick: ready
	@$(PY) -m tools.check --quick

bench: ready
	@$(PY) -m bench.run
	@$(IN_PROCESS) -m bench.low_power --write --plot docs/bench/low_power.png
	@$(IN_PROCESS) -m bench.low_power --micropython 32 --hours 2 --commands 20
	@$(IN_PROCESS) -m bench.rates --write

# Half an hour, two firmwares at a time. PROFILES="esp8266-1.7 ..." for some of them.
profiles: ready
	@$(IN_PROCESS) -m tools.firmware_doc $(PROFILES)

fuzz: ready
	@$(IN_PROCESS) -m faults.fuzz $(FUZZ_ARGS)

SEEDS ?= 10000
MINUTES ?= 10
TALKS ?= 3000
SCHEDULES ?= 10000
CONNECTIONS ?= 100000
DAYS ?= 90

# Hours.
soak: ready
	@$(PY) -m faults.soak --seeds $(SEEDS) --minutes $(MINUTES)
	@$(IN_PROCESS) -m faults.talks --examples $(TALKS)
	@$(PY) -m faults.heap --connections $(CONNECTIONS)
	@$(PY) -m faults.months --days $(DAYS)
	@$(IN_PROCESS) -m bench.schedules --write --count $(SCHEDULES)
	@ESPAT_FULL=1 $(PY) -m pytest -q tests_host/system/test_old_active_cpython.py

# Minutes. What of lib/espat the tests on CPython run, lines and branches.
coverage: ready
	@$(PY) -m tools.coverage

# Minutes. How many small faults in framer and engine the unit tests notice.
mutation: ready
	@$(PY) -m faults.mutation --show $(MUTATION_ARGS)

sim: ready
	@mkdir -p build
	@$(PY) -m espat_sim --pty build/espat-sim $(SIM_ARGS)

format: ready
	@$(PY) -m ruff check -q --fix lib tests_host examples stubs manifest.py; $(PY) -m ruff format -q lib tests_host examples stubs manifest.py
	@$(PY) -m tools.package
	@$(PY) -m tools.commands_doc
	@$(PY) -m tools.recipes
	@$(PY) -m tools.api_doc
	@$(PY) -m tools.wiring_pictures

docs: ready
	@$(PY) -m tools.site

clean:
	rm -rf build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find lib tests_host examples -name __pycache__ -type d -prune -exec rm -rf {} + 2>/dev/null || true

distclean: clean
	rm -rf .venv .tools *.egg-info
