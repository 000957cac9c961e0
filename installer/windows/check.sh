#!/bin/bash
# Installs, runs, breaks and removes Logboom as a service of Windows, under Wine.
#
#   installer/windows/check.sh LOGBOOM.EXE
#
# Needs wine64 and x86_64-w64-mingw32-gcc. Uses an own Wine prefix and UDP port 25514 of
# loopback; nothing is left behind. Wine does not show: what Windows does after a crash, rights
# of accounts, the event log.
#
# Never $(wine ...) or wine ... | x: Wine's background processes inherit the pipe and it does
# not close. Output goes to files.
set -euo pipefail
[ $# -eq 1 ] || { sed -n '2,8s/^# \{0,1\}//p' "$0"; exit 2; }
exe=$(realpath "$1")
here=$(realpath "$(dirname "$0")")
port=25514 console=25515
work=$(mktemp -d /var/tmp/logboom-check.XXXXXX)
export WINEPREFIX=$work/prefix WINEARCH=win64 WINEDEBUG=-all
unset DISPLAY
wine=$(command -v wine64 || echo /usr/lib/wine/wine64)
cleanup() {
	exec 9>&- || true
	wineserver -k 2>/dev/null || true
	wineserver -w 2>/dev/null || true
	rm -rf "$work"
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
eventually() { # TEXT SECONDS COMMAND...
	local what=$1 until=$(($(date +%s%N) + $2 * 1000000000)); shift 2
	until "$@" >/dev/null 2>&1; do
		[ "$(date +%s%N)" -lt $until ] || fail "$what"
		sleep 0.2
	done
}
w() { # runs a Windows program; what it says is in $work/out
	local code=0
	timeout 90 "$wine" "$@" >"$work/raw" 2>&1 </dev/null || code=$?
	tr -d '\r' <"$work/raw" >"$work/out"
	return $code
}

# --- a machine
x86_64-w64-mingw32-gcc -shared -O2 -s -Wall -o "$work/bcryptprimitives.dll" "$here/wine/bcryptprimitives.c" -ladvapi32 -lws2_32
drive=$WINEPREFIX/drive_c
data=$drive/ProgramData/Logboom/data
timeout 120 "$wine" wineboot -i >"$work/boot" 2>&1
w winecfg -v win10 || true
cp "$work/bcryptprimitives.dll" "$drive/windows/system32/"
w reg add 'HKCU\Software\Wine\DllOverrides' /v bcryptprimitives /d native /f
wineserver -w
mkfifo "$work/alive" # Wine ends its services with its last ordinary program
"$wine" cmd <"$work/alive" >/dev/null 2>&1 &
exec 9>"$work/alive"
services() { w net start && grep -q 'Plug and Play' "$work/out" && grep -q 'Event Log' "$work/out"; }
eventually "Wine's services do not start" 30 services
mkdir -p "$drive/Program Files/Logboom" "$drive/ProgramData/Logboom"
cp "$exe" "$drive/Program Files/Logboom/logboom.exe"
config=$drive/ProgramData/Logboom/config.toml
printf '[listen]\nudp = ["127.0.0.1:%d"]\n[console]\nlisten = "127.0.0.1:%d"\n' $port $console >"$config"
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
server() { # the process of our service, and of no other Wine's
	local p
	for p in $(pgrep -f 'Logboom.logboom\.exe.*service run'); do
		if tr '\0' '\n' 2>/dev/null <"/proc/$p/environ" | grep -qxF "WINEPREFIX=$WINEPREFIX"; then echo "$p"; fi
	done
}
dead() { [ -z "$(server)" ]; }

# --- the life of a service
state "not installed" || fail "is installed before it was installed"
boom service install || fail "service install"
boom service start || fail "service start"
state running || fail "is not running after the start"
ok "installed and started"

send 200 one
eventually "200 messages are not stored" 20 stored one 200
ok "200 of 200 messages stored"

boom service restart || fail "service restart"
state running || fail "is not running after the restart"
stored one 200 || fail "rows changed"
ok "restarted"

[ -n "$(server)" ] || fail "the process of the service is not found"
kill -9 $(server)
eventually "the killed server is still there" 10 dead
stored one 200 || fail "rows were lost by kill -9"
# Wine goes on to call it running and starts nothing again; a restart of Wine is the way out.
exec 9>&-
wineserver -k; wineserver -w || true
"$wine" cmd <"$work/alive" >/dev/null 2>&1 &
exec 9>"$work/alive"
eventually "Wine's services do not start" 30 services
eventually "does not start with the system" 30 state running
send 50 two
eventually "50 messages are not stored" 20 stored two 50
stored one 200 || fail "rows changed"
ok "all rows kept over kill -9, once; started with the system; new ones stored"

boom service stop || fail "service stop"
state stopped || fail "is not stopped"
boom service stop || fail "a second stop"
ok "stopped"

echo 'bogus = 5' >>"$config"
if boom service start; then fail "start with a broken configuration did not fail"; fi
grep -q bogus "$work/out" || fail "the error does not say what is wrong"
w net start logboom || true
eventually "a failed start is not seen" 20 state failed
boom service stop || fail "stop with a broken configuration"
sed -i '$d' "$config"
boom service start || fail "start after a failed one"
ok "a broken configuration is told"

boom service install || fail "install over itself"
boom service uninstall || fail "service uninstall"
state "not installed" || fail "is still installed"
stored one 200 || fail "the data is gone"
[ -e "$config" ] || fail "the configuration is gone"
ok "uninstalled; data and configuration kept"
