# Packages for Linux; included by the Makefile at the root. What is made for users
# goes to out/release, with names and bytes that depend on the commit only.

LINUX_ARCHES ?= amd64 arm64
CC_amd64     ?= $(if $(filter amd64,$(HOST_ARCH)),gcc,x86_64-linux-gnu-gcc)
CC_arm64     ?= $(if $(filter arm64,$(HOST_ARCH)),gcc,aarch64-linux-gnu-gcc)
HOST_ARCH    := $(shell go env GOHOSTARCH)

# No library of the system is needed, so one package does for all distributions.
# Names are looked up by Go: nothing of glibc's is loaded while it runs.
STATIC_TAGS    := netgo osusergo sqlite_omit_load_extension
STATIC_LDFLAGS := $(LDFLAGS) -linkmode external -extldflags "-static -Wl,--build-id=none"

.PHONY: deb rpm tarball release linux FORCE

linux: $(LINUX_ARCHES:%=out/linux/%/logboom) $(LINUX_ARCHES:%=out/linux/%/logboom-tray) ## builds out/linux/ARCH/logboom, static (LINUX_ARCHES="amd64 arm64")

out/linux/%/logboom: pages FORCE
	CGO_ENABLED=1 GOOS=linux GOARCH=$* CC=$(CC_$*) go build -trimpath -tags "$(STATIC_TAGS)" -ldflags '$(STATIC_LDFLAGS)' -o $@ ./cmd/logboom

out/linux/%/logboom-tray: FORCE
	CGO_ENABLED=0 GOOS=linux GOARCH=$* go build -trimpath -ldflags '$(LDFLAGS)' -o $@ ./cmd/logboom-tray

bin/%: installer/tools/go.mod installer/tools/go.sum
	cd installer/tools && GOBIN="$(CURDIR)/bin" go install $$(go list tool | grep "/$*$$")

# The manual page and the completions are the same for every processor.
out/linux/stage: linux out/linux/$(HOST_ARCH)/logboom
	installer/linux/stage.sh out/linux/$(HOST_ARCH)/logboom $@

deb: linux out/linux/stage bin/nfpm ## makes packages for Debian and Ubuntu in out/release
	for arch in $(LINUX_ARCHES); do VERSION=$(VERSION) installer/linux/package.sh deb $$arch || exit 1; done

rpm: linux out/linux/stage bin/nfpm ## makes packages for Fedora, RHEL and SUSE in out/release
	for arch in $(LINUX_ARCHES); do VERSION=$(VERSION) installer/linux/package.sh rpm $$arch || exit 1; done

tarball: linux out/linux/stage ## makes logboom-VERSION-linux-ARCH.tar.gz in out/release
	for arch in $(LINUX_ARCHES); do VERSION=$(VERSION) installer/linux/package.sh tarball $$arch || exit 1; done

release: ## makes everything that users download in out/release, with SHA256SUMS and an SBOM
	rm -rf out/release out/linux out/windows out/logboom-*-setup.exe
	$(MAKE) deb rpm tarball setup RELEASING=1
	VERSION=$(VERSION) installer/release.sh out/release
