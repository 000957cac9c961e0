# Logboom. "make" builds, "make help" lists the rest.

VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
ODD     := $(shell printf %s '$(subst ','\'',$(VERSION))' | LC_ALL=C tr -c 'A-Za-z0-9._~+/-' ! | tr -cd !)
$(if $(ODD),$(error VERSION is "$(VERSION)": only letters, digits and . _ ~ + - / may be in it))
LDFLAGS := -s -w -X main.version=$(VERSION)
EXE     := $(if $(filter Windows_NT,$(OS)),.exe,)
STATICCHECK := bin/staticcheck

# What Go gives the C compiler by itself, and one of SQLite's recommended options:
# its statistics of memory, which nobody reads, cost a lock for each allocation
# (3 % of the processor under full load).
export CGO_CFLAGS ?= -O2 -g -DSQLITE_DEFAULT_MEMSTATUS=0

.PHONY: all help run build console pages tray icons test test-console check fmt bench torture fuzz demo clean

all: build

include installer/windows/windows.mk

help: ## lists these words
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1|\2/p' $(MAKEFILE_LIST) | column -t -s '|'

run: build ## builds and runs the server with the shipped defaults
	out/logboom$(EXE) run

build: pages ## builds out/logboom
	CGO_ENABLED=1 go build -trimpath -ldflags "$(LDFLAGS)" -o out/logboom$(EXE) ./cmd/logboom

WEB   := internal/console/web
PAGES := internal/console/page/dist
console: $(PAGES)/index.html ## builds the web console in internal/console/page/dist (needs npm)

# What npm gets is named, with its hash, in package-lock.json; no script of it runs.
$(PAGES)/index.html: $(shell find $(WEB) -type d -name node_modules -prune -o -type f -print)
	cd $(WEB) && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error && npm run --silent build
	@touch $@

# A program that is built without npm has the simple page in place of the console.
pages:
	@if command -v npm >/dev/null; then $(MAKE) --no-print-directory console; \
	elif [ -n "$(RELEASING)" ]; then echo "npm is not here, and what users download must have the web console: install Node.js 20.19 or newer" >&2; exit 1; \
	else echo "npm is not here: the program gets the simple page, not the web console (needs Node.js 20.19 or newer)" >&2; fi

tray: ## builds out/logboom-tray, the icon next to the clock
	CGO_ENABLED=0 go build -trimpath -ldflags "$(LDFLAGS)$(if $(EXE), -H windowsgui)" -o out/logboom-tray$(EXE) ./cmd/logboom-tray

icons: ## converts the drawings of assets/icons (needs rsvg-convert and ImageMagick)
	assets/icons.sh

test: ## runs the tests, with the race detector
	CGO_ENABLED=1 go test -race -shuffle=on -timeout 30m ./...

test-console: console ## checks the types of the web console and runs its tests
	cd $(WEB) && npm run --silent check && npm test --silent
	go -C installer/tools test ./...

check: $(STATICCHECK) ## gofmt, vet and staticcheck for Linux and Windows, layers
	@test -z "$$(gofmt -l $$(git ls-files '*.go'))" || { gofmt -d $$(git ls-files '*.go'); echo "run: make fmt"; exit 1; }
	go vet ./...
	CGO_ENABLED=1 GOOS=windows GOARCH=amd64 CC=$(WINCC) go vet ./...
	$(STATICCHECK) ./...
	CGO_ENABLED=1 GOOS=windows GOARCH=amd64 CC=$(WINCC) $(STATICCHECK) -tests=false ./...
	go test ./internal/

$(STATICCHECK):
	GOBIN=$(CURDIR)/bin go install honnef.co/go/tools/cmd/staticcheck@v0.8.2

fmt: ## formats the Go files
	gofmt -w $$(git ls-files '*.go')

BENCHFLAGS ?=
bench: build ## measures it beside rsyslog, syslog-ng and the script it grew from, then every benchmark beside the code
	go run ./bench -logboom out/logboom$(EXE) $(BENCHFLAGS)
	go test -run '^$$' -bench . -benchmem ./...

TORTURE ?= 10000
SOAK ?= 1h
torture: ## cuts the power, kills and breaks the disk TORTURE times (10000), puts load on it for SOAK (1h), and on the console
	LOGBOOM_TORTURE=$(TORTURE) go test -timeout 8h -run 'K0[1-6]|D0[1-3]|TM0[1-3]' -v ./internal/store ./internal/engine
	LOGBOOM_SOAK=$(SOAK) go test -timeout 8h -run 'M01|N08' -v ./internal/engine
	LOGBOOM_BROWSER_LOAD=1 go test -timeout 1h -run 'UnderLoadInABrowser' -v ./internal/engine

# A number of runs, not a time: at the end of a time "go test" now and then reports its own deadline as a failure.
FUZZTIME ?= 200000x
fuzz: ## fuzzes every target FUZZTIME times (200000x)
	@for dir in $$(git grep -l '^func Fuzz' -- '*_test.go' | xargs -n1 dirname | sort -u); do \
		for target in $$(grep -ho '^func Fuzz[A-Za-z0-9]*' $$dir/*_test.go | cut -c6-); do \
			echo "$$dir $$target"; \
			go test ./$$dir -run '^$$' -fuzz "^$$target\$$" -fuzztime $(FUZZTIME) -fuzzminimizetime 1000x || exit 1; \
		done; \
	done

demo: build ## runs it with made-up devices, to look at
	out/logboom$(EXE) demo

include installer/linux/linux.mk

clean: ## removes what was built
	rm -rf out bin $(PAGES) $(WEB)/node_modules
