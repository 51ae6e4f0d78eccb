# Everything here needs Go, git, gcc, make and node; `make test` also spin, a
# Chromium and pdftotext, which it installs where it may.

GO       ?= go
PKGS     ?= ./...
FUZZTIME ?= 60   # seconds for all fuzz targets of `make test` together
BENCH    ?= .
BIN      := bin/backchannel

.PHONY: test check model spec unit fuzz-short fuzz bench trials screens build demo vuln needs clean

# The unit tests come last, so that what the reader sees at the end is their
# verdict.
test: needs check spec model fuzz-short unit

# What the tests need beside Go.
needs:
	@./scripts/needs.sh

# What needs no test to run.
check:
	@out="$$(gofmt -l cmd internal)"; if [ -n "$$out" ]; then echo "run gofmt -w on:"; echo "$$out"; exit 1; fi
	$(GO) vet $(PKGS)
	$(GO) tool staticcheck $(PKGS)

# The models of the line, as specified and with a rule left out at a time; and
# how far its own code was searched (the verdict is among the unit tests).
model:
	@./scripts/model.sh
	@CGO_ENABLED=0 $(GO) test -v -run '^(TestLaw6_EverySmallTalkEndsWell|TestPassiveTheftHealsInTime)$$' ./internal/line | grep -E ' (states|thefts)|^(FAIL|ok)'

# The vectors of spec/vectors, read by code that shares nothing with the product.
spec:
	@node spec/check/check.mjs

# All tests, in another order each time. The race detector (which is why gcc is
# needed) slows things down tenfold, so under it the long tests are shortened, and
# what kills programs or plays scripts is left to the last step, which runs them
# whole, as the program is built. The core has no goroutine and no global
# (archtest holds it to that), so its own tests run without; where others share
# its values among goroutines, their tests look at it. The observer watches desks
# that must keep time, and has the machine to itself.
# atexit_sleep_ms: else each process of a story waits a second before it ends.
CORE := fault lean wire keys record accord accord/accordtest circle convey compare view view/viewtest line pouch bonafides
ALONE := observe
MODULE := backchannel/internal/
OTHERS = $$($(GO) list $(PKGS) | grep -Fxv $(CORE:%=-e $(MODULE)%) $(ALONE:%=-e $(MODULE)%))

unit:
	CGO_ENABLED=0 $(GO) tool gotestsum --format standard-quiet -- -short -shuffle=on -timeout 10m $(ALONE:%=./internal/%)
	CGO_ENABLED=0 $(GO) tool gotestsum --format standard-quiet -- -shuffle=on -timeout 10m $(CORE:%=./internal/%)
	GORACE=atexit_sleep_ms=0 CGO_ENABLED=1 $(GO) tool gotestsum --format standard-quiet -- -race -short -skip 'Crash|Kill|Scripts' -shuffle=on -timeout 15m $(OTHERS)
	CGO_ENABLED=0 $(GO) tool gotestsum --format standard-quiet -- -shuffle=on -timeout 10m -run 'Law|Story|Crash|Kill' $(OTHERS)

# Every fuzz target for a moment: enough to run its seeds and look around.
fuzz-short:
	@./scripts/fuzz.sh $(FUZZTIME)

# Every fuzz target for as long as you like: make fuzz FUZZTIME=3600
fuzz:
	@./scripts/fuzz.sh $(FUZZTIME)

# Ratios beside the limit, measured in the same run. Keep the machine quiet.
bench:
	CGO_ENABLED=0 $(GO) test -run '^$$' -bench '$(BENCH)' -benchtime 2s -timeout 60m $(PKGS)

# What takes longer than a test may. Results are written under docs/trials.
trials:
	BACKCHANNEL_TRIALS=$(CURDIR)/docs/trials CGO_ENABLED=0 $(GO) test -run '^TestTrial' -count=1 -v -timeout 12h $(PKGS)

# docs/screens anew: every page, on a phone and a laptop, in English and Arabic; and
# the pictures of docs/guide.
screens: needs
	BACKCHANNEL_SCREENS=1 CGO_ENABLED=0 $(GO) test -run '^Test(ScreensOfEveryPage|PicturesOfTheGuide)$$' -count=1 -timeout 30m ./internal/web

build:
	CGO_ENABLED=0 $(GO) build -trimpath -o $(BIN) ./cmd/backchannel

demo:
	CGO_ENABLED=0 $(GO) run ./cmd/backchannel demo

# Known holes in what we stand on. It needs a network, so it is not in CI.
vuln:
	$(GO) run golang.org/x/vuln/cmd/govulncheck@v1.1.4 $(PKGS)

clean:
	rm -rf bin
