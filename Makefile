# make test is what a contributor and CI run. It needs Go, make and a C compiler (for the race
# detector). Tests that need another program say what to install and skip where it is missing,
# unless COUNTERSIGN_REQUIRE names it.

STATICCHECK = honnef.co/go/tools/cmd/staticcheck@v0.8.2
FUZZTIME ?= 10s

.PHONY: test check cross vault unit vectors fuzz crash bench build

test: check cross vault unit
	@echo "make test: everything passed"

check:
	@echo "== gofmt"; files=$$(gofmt -l $$(git ls-files '*.go')); \
		if [ -n "$$files" ]; then echo "not gofmt-ed (run gofmt -w):"; echo "$$files"; exit 1; fi
	@echo "== go vet"; go vet ./...
	@echo "== staticcheck"; go run $(STATICCHECK) ./...
	@echo "== nested modules"; go vet -C internal/awssigner ./...

cross:
	@for os in darwin windows; do echo "== go vet, GOOS=$$os"; GOOS=$$os CGO_ENABLED=0 go vet ./... || exit 1; done

# A real Vault server for the tests, built once and kept in the user's cache directory. Without it
# (no network) those tests skip, unless COUNTERSIGN_REQUIRE names vault.
vault:
	@echo "== Vault for the tests (its first build takes some ten minutes on two cores)"
	@go run ./internal/vaulttest/build || case "$$COUNTERSIGN_REQUIRE" in *vault*) exit 1;; *) \
		echo "no Vault could be built: its tests will skip";; esac

# The closing lines of go test carry the coverage of each package.
unit:
	@echo "== go test -race"; go test -race -cover -timeout 20m ./...
	@echo "== go test, what the race detector would distort: allocations and timing"; \
		go test -run 'Alloc|Median|CPU' ./canonical ./client ./server

vectors:
	go run ./testvectors/generate
	go run ./cmd/countersign vectors testvectors

# Every fuzz target for FUZZTIME each: make fuzz FUZZTIME=1h
fuzz:
	@for package in $$(go list ./...); do \
		for target in $$(go test -list '^Fuzz' $$package | grep '^Fuzz'); do \
			echo "== $$package $$target"; go test -run '^$$' -fuzz "^$$target$$" -fuzztime $(FUZZTIME) $$package || exit 1; \
		done; done

# The long form of the crash tests.
crash:
	COUNTERSIGN_CRASH_POINTS=50 go test -v -timeout 60m -run 'Crash|Kill|PowerLoss' ./nonce/badgerstore ./cmd/countersign

bench:
	go test -run '^$$' -bench . -benchmem ./canonical ./client ./server ./nonce/...

build:
	go build -trimpath -o bin/countersign ./cmd/countersign
