#!/bin/bash
# Finishes a directory of things for users: what the programs are made of, as
# CycloneDX, and the sums of all files.
#
#   installer/release.sh DIRECTORY
set -euo pipefail
cd "$(dirname "$0")/.."
release=$1
version=$(installer/version.sh "${VERSION:-$(git describe --tags --always --dirty)}")

for setup in out/logboom-*-setup.exe; do
	if [ -e "$setup" ]; then mv "$setup" "$release/"; fi
done

programs=()
for program in out/linux/*/logboom out/linux/*/logboom-tray out/windows/*.exe; do
	if [ -x "$program" ]; then programs+=("$PWD/$program"); fi
done
glibc=$(echo '#include <features.h>' | ${CC:-gcc} -E -dM - | awk '$2 == "__GLIBC__" { a = $3 } $2 == "__GLIBC_MINOR__" { b = $3 } END { print a "." b }')
file=$(installer/version.sh --file "${VERSION:-$(git describe --tags --always --dirty)}")
time=$(TZ=UTC git log -1 --format=%cd --date=format-local:%Y-%m-%dT%H:%M:%SZ)
(cd installer/tools && go run ./sbom -version "$version" -time "$time" -glibc "$glibc" -licences "$PWD/../../internal/console/page/dist/licences.txt" "${programs[@]}") >"$release/logboom-$file.cdx.json"

cd "$release"
rm -f SHA256SUMS
sums=$(sha256sum -- *)
echo "$sums" | tee SHA256SUMS
