#!/bin/bash
# Installs, runs, breaks and removes Logboom as a service of a real systemd, in a container.
#
#   sudo installer/linux/check.sh BINARY [TREE]
#
# BINARY  the program for Linux
# TREE    a Debian tree to use, made there with mmdebstrap if it does not exist; kept for the
#         next time. Without it one is made and removed.
#
# Needs root, systemd-nspawn (package systemd-container) and, to make a tree, mmdebstrap. The
# container has only a loopback of its own. Nothing is left behind but TREE.
set -euo pipefail
[ $# -ge 1 ] || { sed -n '2,12s/^# \{0,1\}//p' "$0"; exit 2; }
[ "$(id -u)" = 0 ] || { echo "needs root: sudo $0 $*" >&2; exit 1; }
binary=$(realpath "$1")
tree=${2:-}
work=$(mktemp -d /var/tmp/logboom-check.XXXXXX)
container=
cleanup() {
	if [ -n "$container" ] && kill -0 "$container" 2>/dev/null; then
		inside systemctl --no-block poweroff 2>/dev/null || true
		for _ in $(seq 100); do kill -0 "$container" 2>/dev/null || break; sleep 0.1; done
		kill -9 "$container" 2>/dev/null || true
	fi
	rm -rf --one-file-system "$work"
}
trap cleanup EXIT

begun=$(date +%s%N)
ok() { printf '%6d ms  ok: %s\n' $((($(date +%s%N) - begun) / 1000000)) "$*"; }
fail() {
	echo "FAILED: $*" >&2
	[ ! -e "$work/said" ] || { echo "the last command said:" >&2; cat "$work/said" >&2; }
	inside journalctl -u logboom --no-pager -n 40 >&2 || true
	exit 1
}
leader() { pgrep -P "$container" | head -n 1; }
inside() { nsenter -t "$(leader)" -m -u -i -n -p -C -r -w -- "$@"; }
# eventually TEXT SECONDS COMMAND...: the command works within some seconds
eventually() {
	local what=$1 until=$(($(date +%s%N) + $2 * 1000000000)); shift 2
	until "$@" >/dev/null 2>&1; do
		[ "$(date +%s%N)" -lt $until ] || fail "$what"
		sleep 0.1
	done
}

# --- a machine
if [ -z "$tree" ]; then tree=$work/tree; fi
if [ ! -x "$tree/usr/lib/systemd/systemd" ]; then
	mmdebstrap --quiet --variant=minbase \
		--include=systemd,systemd-sysv,dbus,libpam-systemd,procps,iproute2,sqlite3 bookworm "$tree"
	ok "made a Debian in $tree"
fi
cp -a --reflink=auto "$tree" "$work/root"
install -m 755 "$binary" "$work/root/usr/local/bin/logboom"
mkdir -p "$work/root/etc/logboom"
printf '[listen]\nudp = [":514", ":1514"]\n' >"$work/root/etc/logboom/config.toml"
chmod 600 "$work/root/etc/logboom/config.toml"
systemd-nspawn --quiet --directory="$work/root" --boot --register=no --keep-unit --private-network --console=pipe \
	</dev/null >"$work/console" 2>&1 &
container=$!
eventually "the container does not boot" 60 inside systemctl is-active dbus.socket
ok "booted systemd $(inside systemctl --version | sed -n '1s/systemd \([0-9]*\).*/\1/p')"

boom() { inside logboom --config /etc/logboom/config.toml "$@" >"$work/said" 2>&1; } # what it says is in said
state() { boom service status || true; grep -qiw "$1" "$work/said"; }
pid() { inside systemctl show -P MainPID logboom; }
send() { # COUNT WORD
	inside bash -c 'for i in $(seq '"$1"'); do printf "<134>check %s %d" '"$2"' $i >/dev/udp/127.0.0.1/514; done'
}
# rows WORD: how many rows, and how many of them different, the day files hold, seen with sqlite3
rows() {
	inside bash -c '
		for file in /var/lib/logboom/syslog_????????.db; do
			[ -e "$file" ] || continue
			sqlite3 "file:$file?mode=ro" "SELECT name FROM sqlite_master WHERE type = \"table\" AND (name LIKE \"logs_%\" OR name = \"inbox\")" |
				while read -r table; do sqlite3 "file:$file?mode=ro" "SELECT raw FROM \"$table\" WHERE raw LIKE \"%check '"$1"' %\""; done
		done' | sort | uniq -c | awk '{ n += $1 } END { print n + 0, NR }'
}
stored() { [ "$(rows "$1")" = "$2 $2" ]; }
listens() { inside ss -Hlun "sport = :514" | grep -q .; }
back() { local now; now=$(pid); [ "$now" != "$1" ] && [ "$now" != 0 ] && listens && state running; }

# --- the life of a service
state "not installed" || fail "is installed before it was installed"
boom service install || fail "service install"
boom service start || fail "service start"
state running || fail "is not running after the start"
listens || fail "port 514 does not listen when the start is over"
ok "installed and started; port 514 listens"

[ "$(inside ps -o user= -p "$(pid)")" = logboom ] || fail "runs as $(inside ps -o user= -p "$(pid)")"
inside grep -q '^NoNewPrivs:[[:space:]]*1' "/proc/$(pid)/status" || fail "may get new privileges"
[ "$(inside awk '/^CapEff/ { print $2 }' "/proc/$(pid)/status")" = 0000000000000400 ] || fail "has more than CAP_NET_BIND_SERVICE"
ok "runs as user logboom with one capability"

send 200 one
eventually "200 messages are not stored: $(rows one)" 15 stored one 200
ok "200 of 200 messages stored, read with sqlite3"

was=$(pid) killed=$(date +%s%N)
inside kill -9 "$was"
eventually "is not back after kill -9" 15 back "$was"
ok "back $((($(date +%s%N) - killed) / 1000000)) ms after kill -9"
stored one 200 || fail "after kill -9 there are rows, different: $(rows one)"
send 50 two
eventually "50 messages are not stored: $(rows two)" 15 stored two 50
ok "all rows kept, once; new ones stored"

was=$(pid)
boom service restart || fail "service restart"
back "$was" || fail "restart did not restart"
stored one 200 && stored two 50 || fail "rows changed: $(rows one), $(rows two)"
ok "restarted"

echo 'bogus = 5' >>"$work/root/etc/logboom/config.toml"
if boom service restart; then fail "restart with a broken configuration did not fail"; fi
grep -q 'bogus' "$work/said" || fail "the error does not say what is wrong: $(cat "$work/said")"
if inside systemctl restart logboom 2>/dev/null; then fail "runs with a broken configuration"; fi
eventually "a failed start is not seen" 10 state failed
boom service stop || fail "stop with a broken configuration"
if inside systemctl start logboom 2>/dev/null; then fail "runs with a broken configuration"; fi
sed -i '$d' "$work/root/etc/logboom/config.toml"
eventually "does not come back by itself when the configuration is good again" 15 state running
ok "a broken configuration is told, and healed without a hand"

boom service stop || fail "service stop"
state stopped || fail "is not stopped"
! listens || fail "port 514 still listens"
[ "$(inside systemctl show -P ExecMainStatus logboom)" = 0 ] || fail "did not end with exit code 0"
boom service stop || fail "a second stop"
ok "stopped, exit code 0"

boom service start || fail "start after stop"
boom service install || fail "install over itself"
boom service uninstall || fail "service uninstall"
state "not installed" || fail "is still installed"
! listens || fail "port 514 still listens"
[ ! -e "$work/root/etc/systemd/system/logboom.service" ] || fail "the unit is left behind"
stored one 200 && stored two 50 || fail "the data is gone"
[ -e "$work/root/etc/logboom/config.toml" ] || fail "the configuration is gone"
ok "uninstalled; data and configuration kept"

mkdir -p "$work/root/usr/lib/systemd/system" "$work/root/usr/bin"
cp "$(dirname "$0")/logboom.service" "$work/root/usr/lib/systemd/system/"
cp "$work/root/usr/local/bin/logboom" "$work/root/usr/bin/logboom"
inside systemctl daemon-reload
boom service install || fail "install with a packaged unit"
boom service start || fail "start with a packaged unit"
[ ! -e "$work/root/etc/systemd/system/logboom.service" ] || fail "the packaged unit is covered by another"
[ "$(inside systemctl is-enabled logboom)" = enabled ] || fail "the packaged unit is not enabled"
boom service uninstall || fail "uninstall with a packaged unit"
[ -e "$work/root/usr/lib/systemd/system/logboom.service" ] || fail "the packaged unit was removed"
[ "$(inside systemctl is-enabled logboom)" = disabled ] || fail "the packaged unit is still enabled"
ok "a packaged unit is only switched on and off"
