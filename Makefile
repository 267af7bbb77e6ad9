# Everything that one does with Martlet from a shell. `make` alone says what there is.

SWIFT = swift
# Dependencies between targets are checked: an import that Package.swift does not know is an error.
BUILD = --explicit-target-dependency-import-check error
VENV = .venv
MARTLET = .build/release/martlet

.PHONY: help deps deps-test build release run test bench faults cluster cluster-scale cluster-kill cluster-start cluster-stop
.PHONY: secrets compose-test reference format lint clean

help:
	@echo "make run      builds Martlet and starts a cluster with a chat page (ARGS='--nodes 5' for options)"
	@echo "make test     builds and runs every test there is"
	@echo "make bench    measures, beside the floor (see Docs/Performance.md)"
	@echo "make faults   kills, hangs and cuts every part of a cluster under load, and judges what its users saw"
	@echo "make cluster  runs Kafka, Redis, two coordinators and three gateways as processes, until Ctrl-C"
	@echo "              (cluster-scale N=5, cluster-kill NODE=gateway-2, cluster-start NODE=gateway-2, cluster-stop)"
	@echo "make secrets  makes the secrets of docker-compose.yml (.env and Cluster/secrets)"
	@echo "make compose-test  builds the image, and scales and kills the cluster of docker-compose.yml under load"
	@echo "make build    builds for development"
	@echo "make reference writes Docs/Configuration.md from the settings' declarations"
	@echo "make format   formats the Swift sources"
	@echo "make lint     checks format and house rules"
	@echo "make deps     installs the libraries that are missing (run, test and bench do so themselves)"
	@echo "make clean    removes what was built, and no data"

deps:
	@Scripts/deps.sh run

deps-test:
	@Scripts/deps.sh test

build:
	$(SWIFT) build $(BUILD)

release:
	$(SWIFT) build $(BUILD) -c release --static-swift-stdlib --product martlet

run: deps release
	$(MARTLET) dev $(ARGS)

test: deps-test
	@$(MAKE) --no-print-directory $(VENV)/.installed
	@python3 Scripts/test.py $(ARGS)

bench: deps release
	Benchmarks/run $(ARGS)

faults: deps-test release $(VENV)/.installed
	@$(VENV)/bin/python Tests/Faults/run.py $(ARGS)

cluster: deps-test release
	@python3 Scripts/cluster.py run $(ARGS)

cluster-scale:
	@python3 Scripts/cluster.py scale $(or $(N),$(error say how many: make cluster-scale N=5))

cluster-kill:
	@python3 Scripts/cluster.py kill $(or $(NODE),$(error say which: make cluster-kill NODE=gateway-2))

cluster-start:
	@python3 Scripts/cluster.py start $(or $(NODE),$(error say which: make cluster-start NODE=gateway-2))

cluster-stop:
	@python3 Scripts/cluster.py stop

reference: build
	.build/debug/martlet config reference > Docs/Configuration.md

secrets:
	@Scripts/secrets.sh

compose-test: $(VENV)/.installed
	@$(VENV)/bin/python Tests/Faults/compose.py $(ARGS)

format:
	$(SWIFT) format --in-place --recursive Sources Tests Package.swift

lint:
	@python3 Scripts/lint.py
	$(SWIFT) format lint --strict --recursive Sources Tests Package.swift

clean:
	rm -rf .build $(VENV) Artifacts .cluster

# Python packages for the tests with foreign clients; pinned, and in a folder of their own.
$(VENV)/.installed: Tests/requirements.txt
	python3 -m venv $(VENV)
	$(VENV)/bin/pip install --quiet --disable-pip-version-check --requirement Tests/requirements.txt
	@touch $@
