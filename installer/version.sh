#!/bin/sh
# Prints the version of packages for a version of git: what Debian and RPM accept,
# in an order in which later is higher.
#
#   installer/version.sh [--file] VERSION
#
#   v1.2.3            1.2.3
#   v1.2.3-rc1        1.2.3~rc1
#   v1.2.3-5-gabcdef  1.2.3+5.gabcdef
#   abcdef            0~20261126.104530.abcdef: no release yet, the time of the commit
#
# What neither accepts becomes a dot. With --file it is printed for the name of a
# file, with - in place of ~: that has another meaning for some shells, and where
# releases are put it becomes something else, so that SHA256SUMS would not fit.
set -eu
file=
[ "$1" != --file ] || { file=yes; shift; }
version=${1#v}
case $version in
*-dirty) version=${version%-dirty} dirty=+dirty ;;
*) dirty= ;;
esac
case $version in
[0-9]*.[0-9]*-*-g*) # commits after a release
	commit=${version##*-} rest=${version%-*}
	version=$(printf '%s' "${rest%-*}" | sed 's/-/~/')+${rest##*-}.$commit ;;
[0-9]*.[0-9]*)
	version=$(printf '%s' "$version" | sed 's/-/~/; s/-/./g') ;;
*)
	time=$(TZ=UTC git log -1 --format=%cd --date=format-local:%Y%m%d.%H%M%S 2>/dev/null || echo 0)
	version=0~$time.$version ;;
esac
version=$(printf '%s' "$version$dirty" | LC_ALL=C tr -c 'A-Za-z0-9.+~' .)
[ -z "$file" ] || version=$(printf '%s' "$version" | tr '~' -)
echo "$version"
