# Logboom for Windows, made on any system with mingw: programs and setup.exe.

WINCC  ?= x86_64-w64-mingw32-gcc
WINSRC := installer/windows
# Two builds of one commit are the same bytes: nothing in them has a time but that of the commit.
SOURCE_DATE_EPOCH ?= $(shell git log -1 --format=%ct 2>/dev/null || echo 0)
export SOURCE_DATE_EPOCH
RELEASE := $(patsubst v%,%,$(VERSION))
# Windows wants four numbers; a build between two versions has those of the one before.
NUMBERS := $(shell echo '$(RELEASE)' | sed -n 's/^\([0-9]\{1,4\}\.[0-9]\{1,4\}\.[0-9]\{1,4\}\)\([-+~].*\)\{0,1\}$$/\1.0/p' | grep . || echo 0.0.0.0)
ICON    := assets/icons/logboom.ico
RSRC    := rsrc_windows_amd64.syso
SETUP   := out/logboom-$(shell installer/version.sh --file '$(VERSION)')-setup.exe

.PHONY: windows setup

windows: $(ICON) pages ## cross-builds logboom.exe and logboom-tray.exe in out/windows (needs $(WINCC))
	@for program in logboom logboom-tray; do \
		echo "resources of $$program.exe"; \
		go -C $(WINSRC)/tools tool go-winres make --in ../$$program.winres.json --arch amd64 --no-suffix --out "$(CURDIR)/cmd/$$program/$(RSRC)" \
			--product-version $(NUMBERS) --file-version $(NUMBERS) || exit 1; \
	done
	CGO_ENABLED=1 GOOS=windows GOARCH=amd64 CC=$(WINCC) go build -trimpath -ldflags "$(LDFLAGS)" -o out/windows/logboom.exe ./cmd/logboom
	CGO_ENABLED=0 GOOS=windows GOARCH=amd64 go build -trimpath -ldflags "$(LDFLAGS) -H windowsgui" -o out/windows/logboom-tray.exe ./cmd/logboom-tray
	$(WINSRC)/sign out/windows/logboom.exe out/windows/logboom-tray.exe

setup: windows out/windows/wizard.bmp out/windows/config.example.toml ## makes out/logboom-VERSION-setup.exe (needs nsis; signs if LOGBOOM_SIGN_* say so)
	makensis -V2 -WX "-DVERSION=$(RELEASE)" -DNUMBERS=$(NUMBERS) "-DHERE=$(CURDIR)/$(WINSRC)" "-DOUT=$(CURDIR)/$(SETUP)" $(WINSRC)/setup.nsi
	$(WINSRC)/sign $(SETUP)

out/windows/wizard.bmp: $(WINSRC)/wizard.svg
	mkdir -p out/windows
	rsvg-convert --width 164 --height 314 $< | convert png:- -strip -type truecolor BMP3:$@

out/windows/config.example.toml: config.toml # as "config init" writes it there
	mkdir -p out/windows
	sed 's/$$/\r/' $< >$@
