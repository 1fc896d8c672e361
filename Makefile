# What a new user needs is `make demo` and `make test`; `make help` lists the rest.
GO       ?= go
BIN      := bin/tikv-demo
VERSION  := $(shell git describe --always --dirty 2>/dev/null || echo unknown)
LDFLAGS  := -s -w -X github.com/tikv-demo/tikv-demo/internal/cli.stamped=$(VERSION)
# The race detector needs cgo; without a C compiler the tests run without it.
RACE     := $(shell $(GO) env CGO_ENABLED 2>/dev/null | grep -q 1 && command -v $${CC:-cc} >/dev/null 2>&1 && echo -race)

# One static binary, except on macOS, where a library of the TiKV client reads
# the machine's memory through cgo.
STATIC   := $(if $(filter darwin,$(shell $(GO) env GOOS)),,CGO_ENABLED=0)

.DEFAULT_GOAL := help
.PHONY: demo demo-docker build dist image images test test-long test-leaving test-booth test-faults test-docker contract bench records screenshots screenshots-check lint fmt clean help

demo: build ## build, then run the talk on the embedded cluster
	./$(BIN) run

demo-docker: build ## build, then run the talk on PD and TiKV in Docker
	./$(BIN) run --cluster docker

build: ## build bin/tikv-demo, one static binary
	$(STATIC) $(GO) build -trimpath -ldflags '$(LDFLAGS)' -o $(BIN) ./cmd/tikv-demo

# Archives for people who have no Go. The same commit gives the same bytes: names
# are sorted, times are the commit's, and nothing of this machine is in them.
DIST     := linux/amd64 linux/arm64
EPOCH    := $(shell git log -1 --format=%ct 2>/dev/null || echo 0)
TAR      := $(shell command -v gtar || echo tar)

dist: build ## archives in bin/dist, with completion and the manual page: linux/amd64, linux/arm64
	@rm -rf bin/dist && mkdir -p bin/dist
	@set -e; for p in $(DIST); do \
	  name=tikv-demo-$(VERSION)-$${p%/*}-$${p#*/}; dir=bin/dist/$$name; \
	  mkdir -p $$dir/completions $$dir/man/man1; \
	  GOOS=$${p%/*} GOARCH=$${p#*/} CGO_ENABLED=0 $(GO) build -trimpath -ldflags '$(LDFLAGS)' -o $$dir/tikv-demo ./cmd/tikv-demo; \
	  ./$(BIN) completion bash > $$dir/completions/tikv-demo.bash; \
	  ./$(BIN) completion zsh > $$dir/completions/_tikv-demo; \
	  ./$(BIN) completion fish > $$dir/completions/tikv-demo.fish; \
	  ./$(BIN) man > $$dir/man/man1/tikv-demo.1; \
	  cp README.md $$dir/; \
	  $(TAR) -C bin/dist --sort=name --mtime=@$(EPOCH) --owner=0 --group=0 --numeric-owner --mode='u+rwX,go=rX' -cf - $$name | gzip -9n > $$dir.tar.gz; \
	  rm -r $$dir; \
	done; cd bin/dist && sha256sum *.tar.gz | tee SHA256SUMS

# Four packages at a time keep two cores busy, and a garbage collector that waits
# longer leaves more of them. A program under the race detector sleeps a second before
# it exits, unless told not to.
TESTS    := GORACE=atexit_sleep_ms=0 $(GO) test -json -timeout 20m
SUMMED   := $(GO) run ./internal/testsum

# In these packages one goroutine does everything (package safe holds that), so that
# the race detector has nothing to find, and takes five times as long.
ALONE    := $(addprefix github.com/tikv-demo/tikv-demo/internal/,cast chaos/netem compare console demo dockerhost export markdown plain plot rehearsal report screenshots text tui tui/styles words)
# The tests of these packages start real programs, or let a simulation run for hours:
# `make test-long` has them under the race detector, which takes two to five times as long.
LATER    := $(addprefix github.com/tikv-demo/tikv-demo/internal/,cli monitor tikv/embedded)
OTHERS    = $(filter-out $(ALONE) $(LATER),$(shell $(GO) list ./...))

test: ## run the tests (at most 4 minutes on 2 cores), and say what was skipped
	@GOGC=400 $(SUMMED) '$(TESTS) -p 2 $(LATER) $(ALONE)' '$(TESTS) $(RACE) -p 2 $(OTHERS)'

test-long: ## run what make test leaves out because it takes long, and needs nothing else
	@TIKV_DEMO_TEST_LONG=1 $(SUMMED) '$(TESTS) $(RACE) -count 1 -p 1 $(LATER) ./internal/tikv'
	TIKV_DEMO_TEST_LONG=1 $(GO) test -count 1 ./internal/monitor ./internal/load # every seed
	$(if $(RACE),TIKV_DEMO_TEST_LONG=1 $(GO) test -count 1 -run '^TestALongRecord' ./internal/cli) # 1 GiB
	TIKV_DEMO_TEST_LONG=1 $(GO) test -v -tags browser -count 1 -run '^TestABrowser' ./internal/cli # the phone's page

test-leaving: ## leave the talk in every way at every moment (20 minutes)
	@TIKV_DEMO_TEST_LEAVING=1 $(SUMMED) '$(TESTS) $(RACE) -count 1 -timeout 60m -run "^TestEveryWayToLeave" ./internal/cli'

test-booth: ## a booth of 50 rounds, another fault in each; what it holds after each (an hour)
	TIKV_DEMO_TEST_BOOTH=50 $(GO) test -v -count 1 -timeout 4h -run '^TestABoothHolds' ./internal/cli

test-faults: ## break a store 50 times under load; a checker judges what clients saw
	TIKV_DEMO_TEST_FAULTS=50 $(GO) test -v -count 1 -timeout 30m -run '^TestTruthUnderFaults$$' ./internal/tikv/embedded

bin/go-ycsb: internal/contract/ycsb/go.mod
	CGO_ENABLED=0 $(GO) build -C internal/contract/ycsb -o $(CURDIR)/$@ github.com/pingcap/go-ycsb/cmd/go-ycsb

bin/pd-server: internal/contract/pd/go.mod
	CGO_ENABLED=0 $(GO) build -C internal/contract/pd -tags without_dashboard -o $(CURDIR)/$@ github.com/tikv/pd/cmd/pd-server

contract: build bin/go-ycsb bin/pd-server ## build the real PD and the real go-ycsb, and hold the embedded cluster to them
	TIKV_DEMO_CONTRACT=$(CURDIR)/bin $(GO) test -v -count 1 -timeout 20m ./internal/contract

# What the images are made of: programs for Linux, whatever this machine is.
IMAGE_ENV := GOOS=linux CGO_ENABLED=0

bin/image/pd-server: internal/contract/pd/go.mod
	$(IMAGE_ENV) $(GO) build -C internal/contract/pd -tags without_dashboard -trimpath -ldflags '-s -w' -o $(CURDIR)/$@ github.com/tikv/pd/cmd/pd-server

image: ## build the project's own image, tikv-demo:dev
	$(IMAGE_ENV) $(GO) build -trimpath -ldflags '$(LDFLAGS)' -o bin/image/tikv-demo ./cmd/tikv-demo
	docker build -q -t tikv-demo:dev --target tikv-demo -f docker/Dockerfile bin/image

images: image bin/image/pd-server ## build the images that stand in for pingcap's: tikv-demo/tikv:dev, tikv-demo/pd:dev
	$(IMAGE_ENV) $(GO) build -trimpath -ldflags '$(LDFLAGS)' -o bin/image/wget ./docker/wget
	docker build -q -t tikv-demo/tikv:dev --target stand-in -f docker/Dockerfile bin/image
	docker build -q -t tikv-demo/pd:dev --target pd -f docker/Dockerfile bin/image
	docker image prune -f --filter label=tikv-demo.image >/dev/null # those that these replaced

DOCKER_TESTS := Docker|Daemon|Container|Helper|Ties|Traffic|TakenDown

# Every fault by a real daemon, on the real PD and stand-in stores. For figures,
# TIKV_DEMO_TEST_TALKS=20 holds as many talks of each fault, and
# TIKV_DEMO_TEST_KILLS=20 kills and heals as many.
test-docker: build images ## the whole walkthrough on Docker, for each fault; killed talks are healed
	TIKV_DEMO_TEST_DOCKER=$(CURDIR)/bin $(GO) test -v -count 1 -timeout 40m -p 1 -run '$(DOCKER_TESTS)' ./internal/chaos ./internal/tikv/compose ./internal/cli

# The ratio to etcd is measured where one is installed.
bench: build $(if $(shell command -v etcd),bin/go-ycsb) ## measure what the bars speak of
	TIKV_DEMO_CONTRACT=$(CURDIR)/bin $(if $(shell docker version -f '{{.Server.Version}}' 2>/dev/null),TIKV_DEMO_TEST_DOCKER=$(CURDIR)/bin) $(GO) test -run '^$$' -bench . -benchtime 1x -timeout 30m ./...

# A good run ends complete, with nothing lost and the right answer; it may take
# three attempts on a busy machine.
FAULTS   := kill stop pause partition latency loss gray pd-kill quorum-loss injection

records: build ## record one good run of each fault (FAULTS="kill …" for some), for replay --example
	@set -e; dir=$$(mktemp -d); trap 'rm -rf "$$dir"' EXIT; \
	for f in $(FAULTS); do \
	  for attempt in 1 2 3; do \
	    rm -f $$dir/$$f.jsonl; \
	    (cd $$dir && env -i PATH="$$PATH" HOME=$$dir $(CURDIR)/$(BIN) run --auto --approve auto --front plain --fault $$f --seed 11 --title "Is one write lost?" --record $$f.jsonl > $$f.txt 2>&1) || true; \
	    if grep -q '"outcome":"complete".*"lost":0' $$dir/$$f.jsonl && grep -q '"kind":"diagnosis.finished".*"correct":true' $$dir/$$f.jsonl; then break; fi; \
	    tail -n 3 $$dir/$$f.txt; test $$attempt -lt 3; \
	  done; \
	  ./$(BIN) verify $$dir/$$f.jsonl > /dev/null; \
	  gzip -9n < $$dir/$$f.jsonl > internal/examples/$$f.jsonl.gz; \
	  ls -l internal/examples/$$f.jsonl.gz; \
	done

screenshots: ## draw the pictures of every chapter in every theme, from a recorded run
	$(GO) run ./internal/screenshots

screenshots-check: ## say whether a picture is stale
	$(GO) run ./internal/screenshots -check

lint: ## what continuous integration checks besides the tests
	@test -z "$$(gofmt -l .)" || { gofmt -l .; echo 'run make fmt'; exit 1; }
	$(GO) vet ./...
	golangci-lint run

fmt: ## format the code
	gofmt -w .

clean: ## remove what was built
	rm -rf bin

help: ## this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 12
