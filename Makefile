# `make check` is what CI runs. Tools are pinned in tools/go.mod and tools/lint/go.mod; nothing needs to be installed but Go.

VERSION  ?= 1.0.0
GO       ?= go
CI       ?= false
export CI

DOCUMENTS = $(wildcard README.md docs/*.md)
PLATFORMS = linux/amd64 linux/arm64 darwin/amd64 darwin/arm64 windows/amd64 windows/arm64

# Packages that start goroutines, and tests that are left out under the race detector and without assembly, where they take minutes:
# the same work in many formats, widths and command lines, and whole trainings.
CONCURRENT = $(sort $(dir $(shell grep -lrE --include='*.go' --exclude='*_test.go' '^[[:space:]]*go [a-z]|errgroup|sync\.WaitGroup' cmd/resnet internal)))
LONG = ^Test(EveryFormat|NothingIsWiderThanTheTerminal|Written|FitFineTune|FitFineTuneWithoutGain|FitHeadOnly|FitHidden|FitSets|FitUnfamiliar)$$

.PHONY: help
help: ## list the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

.PHONY: build
build: ## build ./resnet, a static binary
	CGO_ENABLED=0 $(GO) build -o resnet ./cmd/resnet

.PHONY: check
check: ## everything that CI checks
	@start=$$(date +%s); $(MAKE) --no-print-directory checks && echo "make check: all is well, after $$(($$(date +%s) - start)) seconds"

.PHONY: checks
checks: format vet staticcheck portable test test-generic beam race generated clean-tree

.PHONY: format
format: ## list Go files that gofmt would change
	@files=$$(gofmt -l bench cmd configs internal tools); test -z "$$files" || { echo "gofmt -w $$files"; exit 1; }

.PHONY: vet
vet: ## go vet, of the generic kernels too
	$(GO) vet ./...
	$(GO) vet -tags purego,noasm ./...

.PHONY: staticcheck
staticcheck: ## staticcheck, as pinned in tools/go.mod
	$(GO) tool -modfile=tools/go.mod staticcheck ./...

.PHONY: lint
lint: ## golangci-lint, as pinned in tools/lint/go.mod; building it takes minutes the first time
	$(GO) tool -modfile=tools/lint/go.mod golangci-lint run ./...

.PHONY: portable
portable: ## compile for systems that are not this one
	GOOS=windows GOARCH=amd64 CGO_ENABLED=0 $(GO) build -o /dev/null ./cmd/resnet
	GOOS=darwin GOARCH=arm64 CGO_ENABLED=0 $(GO) build -o /dev/null ./cmd/resnet

.PHONY: test
test: ## all tests
	$(GO) test ./...

.PHONY: test-generic
test-generic: ## tests without assembly
	$(GO) test -tags purego,noasm -skip '$(LONG)' ./...

.PHONY: beam
beam: ## vet and test cmd/resnet-beam, a module of its own; fetches Apache Beam the first time
	$(GO) -C cmd/resnet-beam vet .
	$(GO) -C cmd/resnet-beam test .

.PHONY: test-arm64
test-arm64: ## all tests for arm64, where Linux runs its programs by qemu-user; takes a quarter of an hour
	GOARCH=arm64 CGO_ENABLED=0 $(GO) test -p 1 -timeout 60m ./...

.PHONY: test-windows
test-windows: ## the command's scripts as a Windows program, under Wine
	tools/test-windows

.PHONY: race
race: ## tests of what starts goroutines, with the race detector; needs a C compiler
	@if command -v $$($(GO) env CC) >/dev/null; then \
		set -x; CGO_ENABLED=1 $(GO) test -race -skip '$(LONG)' $(addprefix ./,$(CONCURRENT)); \
	elif [ "$$CI" = true ]; then \
		echo "the race detector needs a C compiler, and there is none" >&2; exit 1; \
	else \
		echo "no C compiler: tests with the race detector are left out"; \
	fi

.PHONY: generate
generate: ## write everything that is generated from code
	$(GO) generate ./...

.PHONY: docs
docs: figures ## bring the command reference, the figures and the live parts of the documents up to date
	$(GO) test ./internal/cli -run TestReference -update
	$(if $(DOCUMENTS),$(GO) run ./cmd/resnet docs --write --allow-none $(DOCUMENTS))

.PHONY: figures
figures: ## draw the figures of the documents
	$(GO) run ./cmd/resnet draw 34 -o docs/img/resnet34.svg
	$(GO) run ./cmd/resnet draw 50 -o docs/img/resnet50.svg
	$(GO) run ./cmd/resnet draw 34 --block variants -o docs/img/resnet34-blocks.svg
	$(GO) run ./cmd/resnet draw 50 --block variants -o docs/img/resnet50-blocks.svg
	$(GO) run ./cmd/resnet draw plain34 34 -o docs/img/plain-and-residual.svg
	$(GO) run ./cmd/resnet curves docs/cifar10 -o docs/img/degradation.svg
	RESNET_KERNEL=generic $(GO) run ./cmd/resnet trace --weights plain20_cifar,plain56_cifar,resnet20_cifar,resnet56_cifar --image docs/img/orange.png --anatomy -o docs/img/responses.svg
	RESNET_KERNEL=generic $(GO) run ./cmd/resnet trace resnet18_tiny --weights resnet18_tiny --image docs/img/orange.png --anatomy --ablate all -o docs/img/anatomy.svg

.PHONY: cifar-sets
cifar-sets: build ## make the built-in sets of CIFAR-10 from a training: make cifar-sets RUN=run PHOTOS=cifar10/test; needs Python with torch and timm
	tools/cifar-sets ./resnet $(RUN) $(PHOTOS)

.PHONY: page-picture
page-picture: build ## take the picture of serve's page in docs/serve.md anew; needs Chromium, and shows times of this machine
	tools/page-picture ./resnet docs/img/serve.png

.PHONY: generated
generated: ## compare what `make generate docs` writes with what is here, in a copy
	tools/check-generated

.PHONY: clean-tree
clean-tree: ## on CI: nothing may have changed
	@if [ "$$CI" = true ] && [ -n "$$(git status --porcelain)" ]; then git status --porcelain; git diff; exit 1; fi

.PHONY: batch-kill
batch-kill: build ## kill jobs at random and compare what comes of them: make batch-kill PHOTOS=dir ARGS="--rounds 200"; needs Python
	tools/batch-kill ./resnet $(PHOTOS) $(ARGS)

FLINK = $(or $(TMPDIR),/tmp)/resnet-flink

.PHONY: flink
flink: build ## a job of 2,000 images on a Flink cluster of this machine: make flink PHOTOS=dir; needs Python, Java, Maven
	CGO_ENABLED=0 $(GO) -C cmd/resnet-beam build -o $(FLINK)/resnet-beam .
	cmd/resnet-beam/flink/flink $(or $(HOW),run) ./resnet $(FLINK)/resnet-beam $(PHOTOS) --keep $(FLINK) $(ARGS)

.PHONY: flink-chaos
flink-chaos: ## the same, and a worker and a TaskManager are killed in the middle
	$(MAKE) flink HOW=chaos

PEERS = $(or $(TMPDIR),/tmp)/resnet-peers

.PHONY: bench-peers
bench-peers: build ## time ONNX Runtime, OpenVINO, ncnn and this program, in turns; needs Python, and installs them into a venv
	python3 -m venv $(PEERS)/venv
	$(PEERS)/venv/bin/pip install -q -r bench/peers/requirements.txt
	$(PEERS)/venv/bin/python bench/peers/bench.py ./resnet --keep $(PEERS)/nets $(ARGS)

LOAD = $(or $(TMPDIR),/tmp)/resnet-load

.PHONY: load
load: build ## put a server under more than it can take, for a minute a case: make load ARGS='-duration 20s -only overload'
	$(GO) -C bench/load vet ./...
	$(GO) -C bench/load build -o $(LOAD) .
	$(LOAD) -resnet ./resnet $(ARGS)

.PHONY: dist
dist: ## archives of static binaries in dist/, with checksums: make dist VERSION=1.2.3
	rm -rf dist
	@for platform in $(PLATFORMS); do \
		os=$${platform%/*}; arch=$${platform#*/}; \
		name=resnet_$(VERSION)_$${os}_$${arch}; \
		binary=resnet; [ $$os != windows ] || binary=resnet.exe; \
		echo $$name; mkdir -p dist/$$name && \
		CGO_ENABLED=0 GOOS=$$os GOARCH=$$arch $(GO) build -trimpath \
			-ldflags '-s -w -X resnet/internal/cli.version=$(VERSION)' -o dist/$$name/$$binary ./cmd/resnet && \
		{ [ ! -f README.md ] || cp README.md dist/$$name; } && \
		tar -C dist -czf dist/$$name.tar.gz $$name && rm -r dist/$$name || exit 1; \
	done
	cd dist && { sha256sum *.tar.gz 2>/dev/null || shasum -a 256 *.tar.gz; } > resnet_$(VERSION)_checksums.txt
