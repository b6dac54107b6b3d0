# make test is what a contributor and CI run. It needs Go, make and a C compiler (for the race
# detector). Tests that need another program say what to install and skip where it is missing,
# unless COUNTERSIGN_REQUIRE names it.

STATICCHECK = honnef.co/go/tools/cmd/staticcheck@v0.8.2
FUZZTIME ?= 10s

.PHONY: test check cross vault signers unit vectors fuzz fuzz-long injectivity mutation timing stores long crash bench build

test: check cross vault unit
	@echo "make test: everything passed"

check:
	@echo "== gofmt"; files=$$(gofmt -l $$(git ls-files '*.go')); \
		if [ -n "$$files" ]; then echo "not gofmt-ed (run gofmt -w):"; echo "$$files"; exit 1; fi
	@echo "== go vet"; go vet ./...
	@echo "== staticcheck"; go run $(STATICCHECK) ./...
	@echo "== nested modules"; for module in internal/awssigner internal/benchmarks internal/benchmarks/claims internal/differential; do go vet -C $$module ./... || exit 1; done

cross:
	@for os in darwin windows; do echo "== go vet, GOOS=$$os"; GOOS=$$os CGO_ENABLED=0 go vet ./... || exit 1; done

# A real Vault server for the tests, built once and kept in the user's cache directory. Without it
# (no network) those tests skip, unless COUNTERSIGN_REQUIRE names vault.
vault:
	@echo "== Vault for the tests (its first build takes some ten minutes on two cores)"
	@go run ./internal/vaulttest/build || case ",$$COUNTERSIGN_REQUIRE," in *,vault,*) exit 1;; *) \
		echo "no Vault could be built: its tests will skip";; esac

# npm's signers, which some tests send requests with. It needs Node.js, npm and the network.
signers:
	npm --prefix internal/interop/node ci --ignore-scripts

# The packages whose tests behave otherwise under the race detector, which distorts allocations and
# timing and is slow: every one that can tell whether it is there. Their tests run again without it.
RACE_AWARE = $(shell grep -rl --include='*_test.go' '^//go:build !race' . | xargs -n 1 dirname | sort -u)

# The closing lines of go test carry the coverage of each package. What was skipped is said at the
# end, because go test does not; internal/testneed writes it down.
unit:
	@skips=$$(mktemp) || exit 1; trap 'rm -f "$$skips"' EXIT; export COUNTERSIGN_SKIPS="$$skips"; status=0; \
		echo "== go test -race"; go test -race -cover -timeout 20m ./... || status=1; \
		echo "== go test without -race, one package at a time: allocations, timing and what is slow with it"; \
		if [ -z "$(RACE_AWARE)" ]; then echo "no package was found to run"; status=1; \
		else go test -p 1 $(RACE_AWARE) || status=1; fi; \
		echo "== what is accepted, signed once more by the AWS SDK"; go test -C internal/differential ./... || status=1; \
		echo "== every benchmark, for a moment"; go test -C internal/benchmarks ./... || status=1; \
		sort -u "$$skips" | sed 's/^/skipped: /'; \
		echo "== $$(sort -u "$$skips" | wc -l | tr -d ' ') skipped"; exit $$status

vectors:
	go run ./testvectors/generate
	go run ./cmd/countersign vectors testvectors
	python3 testvectors/runner/run.py

# Every fuzz target for FUZZTIME each: make fuzz FUZZTIME=1h
FUZZED = . internal/differential
fuzz:
	@status=0; for module in $(FUZZED); do for package in $$(go list -C $$module ./...); do \
		targets=$$(go test -C $$module -list '^Fuzz' $$package) || exit 1; \
		for target in $$(echo "$$targets" | grep '^Fuzz'); do \
			echo "== $$package $$target"; \
			go test -C $$module -run '^$$' -fuzz "^$$target$$" -fuzztime $(FUZZTIME) $$package || status=1; \
		done; done; done; exit $$status

# A day of fuzzing, shared out among the targets, or more: make fuzz-long FUZZ_HOURS=72. What is found
# lies under testdata/fuzz, and fails in make test from then on.
FUZZ_HOURS ?= 24
fuzz-long:
	@count=$$(grep -rh --include='*_test.go' '^func Fuzz' . | wc -l); seconds=$$(($(FUZZ_HOURS) * 3600 / count)); \
		echo "== $(FUZZ_HOURS) h for $$count targets, $$seconds s each"; $(MAKE) fuzz FUZZTIME=$${seconds}s

# The long forms of tests that make test runs briefly. Each takes some ten minutes, more on one core:
# 10 million pairs of near targets of each kind, and as many edited requests against the reference;
# every byte of 1,000 signed requests changed in some fifty ways.
injectivity:
	COUNTERSIGN_LONG=1 go test -v -timeout 6h -run 'NearShare|ReferenceRefuses' ./canonical
mutation:
	COUNTERSIGN_LONG=1 go test -v -timeout 6h -run NoChangedRequestIsAccepted ./server

# How far apart refusals are in time: 100,000 of each kind, five minutes on a quiet machine.
timing:
	COUNTERSIGN_LONG=1 go test -v -count=1 -timeout 2h -run RefusalsTakeTheSameTime ./server

# The nonce stores: an hour of 5,000 claims a second on a clock that runs ahead, and 100,000 claims that
# collide, in an order that a single caller could have seen. Some minutes.
stores:
	COUNTERSIGN_LONG=1 go test -v -count=1 -timeout 1h -run 'Turnover|Contract/ClaimsAre|Contract/os/ClaimsAre|Contract/fsync/ClaimsAre' ./nonce ./nonce/badgerstore

long: injectivity mutation timing stores crash

# The long form of the crash tests: of the service, at 50 points in 100,000 requests in each scenario,
# which takes half an hour, then of its store alone.
crash:
	go run ./internal/crashharness -points 50 -requests 100000
	COUNTERSIGN_CRASH_POINTS=50 go test -v -count=1 -timeout 60m -run 'Crash|Kill|PowerLoss' ./nonce/badgerstore

# One table: signing, verifying, claims and a whole Echo API, against others in the same run. Nothing else
# should run on the machine meanwhile. "go test -bench ." in a package says more of its own parts.
bench:
	go run -C internal/benchmarks .

build:
	go build -trimpath -o bin/countersign ./cmd/countersign
