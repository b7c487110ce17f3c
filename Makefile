# The whole project from one place. "make help" lists the targets.

MODEL   ?= fashion-cnn
BOARD   ?= netduinoplus2
RUNTIME ?=
MODELS  ?= $(or $(TINYEDGE_MODELS),$(wildcard models/*/golden))
PROTOCOL ?=
FEATURES ?=
PORT    ?=
METER   ?=
SAMPLES ?= 200
COUNT   ?= 500
TRIALS  ?= 20
OUT     ?= build/collected
SEED    ?= 0
ARGS    ?=

VENV     := .venv/bin
TINYEDGE := $(VENV)/tinyedge
TARGET   := --board $(BOARD) $(if $(RUNTIME),--runtime $(RUNTIME))
WITH     := $(FEATURES:%=--feature %)
SPEAKS   := $(if $(PROTOCOL),--protocol $(PROTOCOL))
DEVICE   := $(TARGET) $(if $(PORT),--port $(PORT))
C_FILES  = $(shell git ls-files 'firmware_templates/*.[ch]' 'firmware_templates/*.cc' 'tests/*.[ch]')

.DEFAULT_GOAL := help
.PHONY: help setup setup-import demo data train quantize inspect generate build size flash validate bench profile debug energy adapt \
        keys package update versions rollback bench-anchors \
        matrix compare bench-diff bench-baseline benchmarks report mlperf collect monitor bridge boards stop check format test \
        fit search loop fuzz repro torture clean distclean

## show this list
help:
	@awk '/^## /{text=substr($$0,4)} /^[a-z-]+:/{if(text){split($$0,name,":"); printf "  make %-14s %s\n",name[1],text; text=""}}' $(firstword $(MAKEFILE_LIST))
	@echo
	@echo "  MODEL=$(MODEL)  a recipe's name or a .tflite; BOARD=$(BOARD)  see make boards"
	@echo "  RUNTIME=aot|tflm  FEATURES="a b"  PROTOCOL=mlperf  PORT=/dev/ttyUSB0  SAMPLES=$(SAMPLES)  MODELS=folder  ARGS=\"--json out.json\""

## install what a fresh machine lacks (Debian or Ubuntu, root or sudo)
setup:
	@scripts/setup.sh

## install the converters that import ONNX and PyTorch (KIND=onnx or torch for one of them)
setup-import: setup
	@scripts/setup_import.sh $(or $(KIND),onnx torch)

## train, quantize, build, run, prove and measure, from nothing to a report
demo: setup
	@$(TINYEDGE) demo $(MODEL) $(DEVICE) $(WITH) --samples $(SAMPLES) $(ARGS)

## look through MODEL's data set: balance, duplicates, a contact sheet
data: setup
	@$(TINYEDGE) data $(MODEL) $(ARGS)

## train MODEL on its data set
train: setup
	@$(TINYEDGE) train $(MODEL) $(ARGS)

## quantize MODEL fully to int8
quantize: setup
	@$(TINYEDGE) quantize $(MODEL) $(ARGS)

## show MODEL's layers and which boards it fits
inspect: setup
	@$(TINYEDGE) inspect $(MODEL) $(ARGS)

## find the largest of MODEL's networks that fits BOARD, before training; writes that recipe
fit: setup
	@$(TINYEDGE) fit $(MODEL) --board $(BOARD) $(ARGS)

## search what MODEL's [search] names, for BOARD: TRIALS trials; accuracy against latency, flash, RAM
search: setup
	@$(TINYEDGE) search $(MODEL) --board $(BOARD) --trials $(TRIALS) $(ARGS)

## write MODEL's firmware for BOARD
generate: setup
	@$(TINYEDGE) generate $(MODEL) $(TARGET) $(WITH) $(SPEAKS) $(ARGS)

## cross-compile MODEL's firmware for BOARD
build: setup
	@$(TINYEDGE) build $(MODEL) $(TARGET) $(WITH) $(SPEAKS) $(ARGS)

## show where every byte of MODEL's firmware goes (ARGS="--by symbol")
size: setup
	@$(TINYEDGE) size $(MODEL) $(TARGET) $(ARGS)

## put the firmware on BOARD (or start the emulated board)
flash: setup
	@$(TINYEDGE) flash $(MODEL) $(DEVICE) $(SPEAKS) $(WITH) $(ARGS)

## compare SAMPLES answers of the device with the reference, byte for byte
validate: setup
	@$(TINYEDGE) validate $(MODEL) $(DEVICE) $(WITH) --samples $(SAMPLES) $(ARGS)

## measure size, memory and ticks an inference
bench: setup
	@$(TINYEDGE) bench $(MODEL) $(DEVICE) $(WITH) $(ARGS)

## time each layer of MODEL on BOARD, and draw where time and arena go
profile: setup
	@$(TINYEDGE) profile $(MODEL) $(DEVICE) $(WITH) $(ARGS)

## compare what each layer of MODEL writes on BOARD with the reference
debug: setup
	@$(TINYEDGE) debug $(MODEL) $(DEVICE) $(WITH) $(ARGS)

## measure MODEL's energy an inference on BOARD with the power monitor METER=csv:/dev/ttyACM1
energy: setup
	@$(TINYEDGE) energy $(MODEL) $(DEVICE) $(WITH) --meter "$(METER)" $(ARGS)

## train MODEL's last dense layers on BOARD: ARGS="--shift rotate=20", or ARGS="--data new.npz"
adapt: setup
	@$(TINYEDGE) adapt $(MODEL) $(DEVICE) $(WITH) $(ARGS)

## make the pair of keys that signs packages
keys: setup
	@$(TINYEDGE) keys $(ARGS)

## sign MODEL as a package for BOARD: ARGS="--number 1.1.0"
package: setup
	@$(TINYEDGE) package $(MODEL) $(TARGET) $(WITH) $(ARGS)

## put a package on the device that runs MODEL's firmware: PACKAGE=file.tepkg
update: setup
	@$(TINYEDGE) update $(MODEL) $(PACKAGE) $(DEVICE) $(WITH) $(ARGS)

## show the models that the device has
versions: setup
	@$(TINYEDGE) versions $(MODEL) $(DEVICE) $(WITH) $(ARGS)

## run the model before the one that runs
rollback: setup
	@$(TINYEDGE) rollback $(MODEL) $(DEVICE) $(WITH) $(ARGS)

## count instructions and loads of all models in the folder MODELS, layer by layer
bench-anchors: setup
	@$(TINYEDGE) bench-anchors $(MODELS) $(ARGS)

## measure MODEL="a b" with RUNTIME="aot tflm" on BOARD="x y": every combination
matrix: setup
	@$(TINYEDGE) matrix $(MODEL:%=--models %) $(BOARD:%=--boards %) $(RUNTIME:%=--runtimes %) $(ARGS)

## show what moved between BASE=before.json and NEW=after.json, written by bench or bench-anchors
compare: setup
	@$(TINYEDGE) compare $(BASE) $(NEW) $(ARGS)

## compare the counts of the project's own models (and MLPerf Tiny's) with the committed ones
bench-diff: setup
	@$(VENV)/python -m tests.baseline $(ARGS)

## make the counts the committed ones: review the difference before you commit it
bench-baseline: setup
	@$(VENV)/python -m tests.baseline --write $(ARGS)

## measure the host's side: compile time, framing, reference; and what moved since the last time
benchmarks: setup
	@mkdir -p build && ! test -f build/benchmarks.json || mv build/benchmarks.json build/benchmarks.before.json
	$(VENV)/python -m pytest tests/benchmarks --override-ini python_files='bench_*.py' \
		--benchmark-json=build/benchmarks.json $(ARGS)
	@! test -f build/benchmarks.before.json || \
		$(TINYEDGE) compare build/benchmarks.before.json build/benchmarks.json

## write the HTML and Markdown report
report: setup
	@$(TINYEDGE) report $(MODEL) $(TARGET) $(WITH) $(ARGS)

## collect COUNT frames from BOARD with MODEL, with its answers, into the data-set folder OUT
collect: setup
	@$(TINYEDGE) collect $(MODEL) $(DEVICE) $(WITH) --out $(OUT) --count $(COUNT) $(ARGS)

## show what BOARD says on its own: logs, faults, restarts (Ctrl-C ends it)
monitor: setup
	@$(TINYEDGE) monitor $(MODEL) $(DEVICE) $(ARGS)

## run MLPerf Tiny on BOARD with the suite's models in the folder MODELS (ARGS="--datasets folder")
mlperf: setup
	@$(TINYEDGE) mlperf $(MODELS:%=--models %) $(DEVICE) $(ARGS)

## give BOARD with MODEL a pseudo terminal that stays (PROTOCOL=mlperf for MLPerf Tiny)
bridge: setup
	@$(TINYEDGE) bridge $(MODEL) $(DEVICE) $(WITH) $(SPEAKS) $(ARGS)

## list the boards
boards: setup
	@$(TINYEDGE) boards $(ARGS)

## stop an emulated board that "make flash" has started
stop: setup
	@$(TINYEDGE) stop $(MODEL) $(TARGET) $(ARGS)

## static checks: ruff, mypy, clang-format
check: setup
	$(VENV)/ruff check .
	$(VENV)/ruff format --check .
	$(VENV)/mypy -p tinyedge
	$(VENV)/clang-format --dry-run -Werror $(C_FILES)

## rewrite Python and C in the project's format
format: setup
	$(VENV)/ruff check --fix .
	$(VENV)/ruff format .
	$(VENV)/clang-format -i $(C_FILES)

## run all tests (ARGS="-k link" for some of them)
test: setup
	$(VENV)/python -m pytest -n 3 $(ARGS)

## compare COUNT random graphs from SEED on with TFLM, on the host and on an emulated Cortex-M4
fuzz: setup
	$(VENV)/python -m tests.fuzz --board host --count $(COUNT) --seed $(SEED)
	$(VENV)/python -m tests.fuzz --board qemu-mps2-an386 --count $(COUNT) --seed $(SEED)
	$(VENV)/python -m tests.fuzz --board qemu-mps2-an386 --optimize size --count $(COUNT) --seed $(SEED)
	$(VENV)/python -m tests.fuzz --board qemu-mps2-m0 --count $(COUNT) --seed $(SEED)
	$(VENV)/python -m tests.fuzz --board qemu-mps3-an547 --count $(COUNT) --seed $(SEED)

## run examples/edge-loop on BOARD: train, flash, prove, watch, learn, sign, update, go back
loop: setup
	$(VENV)/python examples/edge-loop/loop.py --board $(BOARD) $(ARGS)

## prove that two clean clones of HEAD make the same bytes (ARGS="--model digits-cnn" trains, too)
repro: setup
	$(VENV)/python -m tests.repro $(ARGS)

## the long forms of what CI runs in short form: hostile bytes, kills, faults on the wire, soak (hours)
torture: setup
	$(VENV)/python -m tests.hostile --count 5000 --seed $(SEED)
	$(VENV)/python -m tests.parser --minutes 60 --seed $(SEED)
	$(VENV)/python -m tests.kills --count 200 --seed $(SEED)
	$(VENV)/python -m tests.wire --count 100000 --seed $(SEED)
	$(VENV)/python -m tests.soak --count 20000

## remove all that was built
clean:
	rm -rf build .mypy_cache .ruff_cache .pytest_cache .hypothesis
	find . -name __pycache__ -not -path './.venv/*' -prune -exec rm -rf {} +

## remove the virtual environment too
distclean: clean
	rm -rf .venv *.egg-info
