#!/bin/bash
# Makes the release a second time, from a clone in another directory, in another time
# zone, with another umask and nothing cached, and fails if a byte differs.
#
#   installer/check-reproducible.sh RELEASE
#
# RELEASE the directory that "make release" has made from the same commit; VERSION and
#         LINUX_ARCHES must be set as they were then, if they were.
#
# With WARM=1 the cache of Go is used: faster, but what was compiled once is not again.
set -euo pipefail
[ $# -ge 1 ] || { sed -n '2,11s/^# \{0,1\}//p' "$0"; exit 2; }
cd "$(dirname "$0")/.."
first=$(realpath "$1")
version=${VERSION:-$(git describe --tags --always --dirty)}
case $version in *-dirty) echo "commit first: a clone does not have what is not committed" >&2; exit 1 ;; esac
work=$(mktemp -d /var/tmp/logboom-again.XXXXXX)
trap 'chmod -R u+w "$work"; rm -rf "$work"' EXIT
git clone --quiet . "$work/some/where else"
[ -n "${WARM:-}" ] || export GOCACHE=$work/cache
umask 027
TZ=Asia/Dhaka LC_ALL=C make -C "$work/some/where else" release VERSION="$version" >"$work/log" 2>&1 || { tail -20 "$work/log"; exit 1; }

code=0
for file in "$first"/*; do
	name=$(basename "$file")
	if cmp --silent "$file" "$work/some/where else/out/release/$name"; then
		echo "same bytes: $name"
	else
		echo "DIFFERS: $name" >&2
		code=1
	fi
done
exit $code
