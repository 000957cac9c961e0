#!/bin/bash
# Makes one package in out/release from what "make linux" and stage.sh have made.
#
#   installer/linux/package.sh deb|rpm|tarball ARCH
#
# PACKAGE_DIR names another directory.
set -euo pipefail
cd "$(dirname "$0")/../.."
kind=$1
export ARCH=$2 OUT=out/linux/$2 STAGE=out/linux/stage
PACKAGE_VERSION=$(installer/version.sh "${VERSION:-$(git describe --tags --always --dirty)}")
file=$(installer/version.sh --file "${VERSION:-$(git describe --tags --always --dirty)}")
SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct)}
export PACKAGE_VERSION SOURCE_DATE_EPOCH
release=${PACKAGE_DIR:-out/release}
mkdir -p "$release"
umask 022

recipe() {
	cat installer/linux/nfpm.yaml
	local png size
	for png in assets/icons/logboom-*.png; do
		[ -e "$png" ] || continue
		size=${png##*-} size=${size%.png}
		printf '  - {src: %s, dst: /usr/share/icons/hicolor/%sx%s/apps/logboom.png, file_info: {mode: 0644}}\n' "$png" "$size" "$size"
	done
}

case $kind in
deb)
	export UNITS=/lib/systemd/system ZSH=/usr/share/zsh/vendor-completions
	bin/nfpm package --config <(recipe) --packager deb --target "$release/logboom_${file}_$ARCH.deb"
	;;
rpm)
	export UNITS=/usr/lib/systemd/system ZSH=/usr/share/zsh/site-functions
	case $ARCH in amd64) machine=x86_64 ;; arm64) machine=aarch64 ;; *) machine=$ARCH ;; esac
	bin/nfpm package --config <(recipe) --packager rpm --target "$release/logboom-$file.$machine.rpm"
	;;
tarball)
	name=logboom-$file-linux-$ARCH
	work=$(mktemp -d)
	trap 'rm -rf "$work"' EXIT
	mkdir -p "$work/$name/completions"
	install -m 755 "$OUT/logboom" "$OUT/logboom-tray" "$work/$name/"
	install -m 644 installer/linux/INSTALL LICENSE README.md CHANGELOG.md "$STAGE/logboom.1.gz" "$STAGE/logboom-tray.1.gz" "$STAGE/licences" installer/linux/logboom.sysctl "$work/$name/"
	install -m 644 installer/linux/logboom.desktop installer/linux/logboom-tray.desktop installer/linux/logboom-autostart.desktop assets/icons/logboom.svg "$work/$name/"
	install -m 644 "$STAGE"/completions/* "$work/$name/completions/"
	tar -C "$work" --create --sort=name --format=gnu --owner=root:0 --group=root:0 --mode=u=rwX,go=rX --mtime="@$SOURCE_DATE_EPOCH" "$name" |
		gzip -9n >"$release/$name.tar.gz"
	echo "created $release/$name.tar.gz"
	;;
*)
	sed -n '2,7s/^# \{0,1\}//p' "$0" >&2
	exit 2
	;;
esac
