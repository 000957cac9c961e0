#!/bin/bash
# A Windows to check things in: what check.sh and check-setup.sh share. It is sourced.
#
# Needs wine64 and x86_64-w64-mingw32-gcc. Makes a Wine prefix of its own in $work, which goes at
# the end with all that runs in it. Wine does not show: what Windows does after a crash, rights of
# accounts, the event log, the firewall.
#
# Never $(wine ...) or wine ... | x: Wine's background processes inherit the pipe and it does
# not close. Output goes to files.
here=$(realpath "$(dirname "${BASH_SOURCE[0]}")")
work=$(mktemp -d /var/tmp/logboom-check.XXXXXX)
export WINEPREFIX=$work/prefix WINEARCH=win64 WINEDEBUG=-all
wine=$(command -v wine64 || echo /usr/lib/wine/wine64)
drive=$WINEPREFIX/drive_c
data=$drive/ProgramData/Logboom/data
config=$drive/ProgramData/Logboom/config.toml
cleanup() {
	exec 9>&- || true
	wineserver -k 2>/dev/null || true
	wineserver -w 2>/dev/null || true
	kill $(jobs -p) 2>/dev/null || true
	rm -rf --one-file-system "$work"
}
trap cleanup EXIT

begun=$(date +%s%N)
ok() { printf '%6d ms  ok: %s\n' $((($(date +%s%N) - begun) / 1000000)) "$*"; }
fail() {
	echo "FAILED: $*" >&2
	[ ! -e "$work/out" ] || { echo "the last command said:" >&2; cat "$work/out" >&2; }
	find "$data/.." -name '*.log' -exec tail -n 20 {} + >&2 || true
	exit 1
}
within() { # SECONDS COMMAND...
	local until=$(($(date +%s%N) + $1 * 1000000000)); shift
	until "$@" >/dev/null 2>&1; do
		[ "$(date +%s%N)" -lt $until ] || return 1
		sleep 0.2
	done
}
eventually() { # TEXT SECONDS COMMAND...
	local what=$1; shift
	within "$@" || fail "$what"
}
w() { # runs a Windows program; what it says is in $work/out
	local code=0
	timeout 90 "$wine" "$@" >"$work/raw" 2>&1 </dev/null || code=$?
	tr -d '\r' <"$work/raw" >"$work/out"
	return $code
}

# --- a machine
! declare -F before_boot >/dev/null || before_boot
x86_64-w64-mingw32-gcc -shared -O2 -s -Wall -o "$work/bcryptprimitives.dll" "$here/wine/bcryptprimitives.c" -ladvapi32 -lws2_32
timeout 120 "$wine" wineboot -i >"$work/boot" 2>&1
w winecfg -v win10 || true
cp "$work/bcryptprimitives.dll" "$drive/windows/system32/"
w reg add 'HKCU\Software\Wine\DllOverrides' /v bcryptprimitives /d native /f
wineserver -w
mkfifo "$work/alive"
boot() { # starts Wine's services, which end with its last ordinary program
	local attempt
	for attempt in 1 2 3; do # now and then they do not, on a machine that has much to do
		"$wine" cmd <"$work/alive" >/dev/null 2>&1 &
		exec 9>"$work/alive"
		if within 40 services; then return; fi
		exec 9>&-
		wineserver -k
		wineserver -w || true
	done
	fail "Wine's services do not start"
}
reboot() { # as a power cut: nothing is asked to end
	exec 9>&-
	wineserver -k
	wineserver -w || true
	boot
}
services() { w net start && grep -q 'Plug and Play' "$work/out" && grep -q 'Event Log' "$work/out"; }
boot
ok "Wine $("$wine" --version 2>/dev/null | head -n 1)"

boom() { w 'C:\Program Files\Logboom\logboom.exe' --config 'C:\ProgramData\Logboom\config.toml' "$@"; }
state() { boom service status || true; grep -qiw "$1" "$work/out"; }
send() { for i in $(seq "$1"); do printf '<134>check %s %d' "$2" "$i" >/dev/udp/127.0.0.1/$port; done; }
# rows WORD: how many rows, and how many of them different, there are
rows() {
	boom export --format json "\"check $1\"" || true
	grep -o "\"raw\": *\"[^\"]*check $1 [0-9]*\"" "$work/out" | sort | uniq -c | awk '{ n += $1 } END { print n + 0, NR }'
}
stored() { [ "$(rows "$1")" = "$2 $2" ]; }
processes() { # PATTERN: of our Wine, and of nobody else's
	local p
	for p in $(pgrep -f "$1"); do
		if tr '\0' '\n' 2>/dev/null <"/proc/$p/environ" | grep -qxF "WINEPREFIX=$WINEPREFIX"; then echo "$p"; fi
	done
}
server() { processes 'Logboom.logboom\.exe.*service run'; }
icon() { [ -n "$(processes 'Logboom.logboom-tray\.exe')" ]; }
no() { ! "$@"; }
dead() { [ -z "$(server)" ]; }
