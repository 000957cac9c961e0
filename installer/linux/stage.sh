#!/bin/bash
# Makes what is the same in every package for Linux, from the program itself: manual
# pages, completions, licences, changes.
#
#   installer/linux/stage.sh PROGRAM DIRECTORY
set -euo pipefail
cd "$(dirname "$0")/../.."
program=$1 stage=$2
export SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct)}
rm -rf "$stage"
mkdir -p "$stage/completions"

"$program" man | gzip -9n >"$stage/logboom.1.gz"
gzip -9nc installer/linux/logboom-tray.1 >"$stage/logboom-tray.1.gz"
"$program" completion bash >"$stage/completions/logboom.bash"
"$program" completion zsh >"$stage/completions/_logboom"
"$program" completion fish >"$stage/completions/logboom.fish"

for form in copyright=-debian licences=; do
	(cd installer/tools && go run ./copyright -root ../.. ${form#*=}) >"$stage/${form%=*}"
done

# Debian's form of the changes: those of this version are enough, the rest is in
# CHANGELOG.md.
{
	printf 'logboom (%s) unstable; urgency=medium\n\n' "$(installer/version.sh "${VERSION:-$(git describe --tags --always)}")"
	awk '/^## / { n++ } n == 1 && /^- / { sub(/^- /, ""); print "  * " $0 }' CHANGELOG.md | fold -s -w 76 | sed 's/ *$//; s/^\([^ ]\)/    \1/'
	printf '\n -- The Logboom project <logboom@users.noreply.github.com>  %s\n' "$(LC_ALL=C date -u -R -d "@$SOURCE_DATE_EPOCH")"
} | gzip -9n >"$stage/changelog.gz"
