# For scripts that check things in a container with a real systemd; to be sourced.
#
# The script sets tree (a Debian tree to use and to keep, or "" for one that goes
# away) before it calls machine, then boot. It needs root, systemd-nspawn (package
# systemd-container) and, to make a tree, mmdebstrap. The container has only a
# loopback of its own. Nothing is left behind but the tree.
# shellcheck shell=bash

[ "$(id -u)" = 0 ] || { echo "needs root: sudo $0 $*" >&2; exit 1; }
work=$(mktemp -d /var/tmp/logboom-check.XXXXXX)
container=
tidy=() # commands for the end
cleanup() {
	local command
	if [ -n "$container" ] && kill -0 "$container" 2>/dev/null; then
		inside systemctl --no-block poweroff 2>/dev/null || true
		for _ in $(seq 100); do kill -0 "$container" 2>/dev/null || break; sleep 0.1; done
		kill -9 "$container" 2>/dev/null || true
	fi
	for command in "${tidy[@]}"; do eval "$command" || true; done
	rm -rf --one-file-system "$work"
}
trap cleanup EXIT

begun=$(date +%s%N)
since() { echo $((($(date +%s%N) - $1) / 1000000)); } # milliseconds since a time in nanoseconds
ok() { printf '%6d ms  ok: %s\n' "$(since "$begun")" "$*"; }
fail() {
	echo "FAILED: $*" >&2
	[ ! -e "$work/said" ] || { echo "the last command said:" >&2; cat "$work/said" >&2; }
	[ -z "$container" ] || inside journalctl -u logboom --no-pager -n 40 >&2 || true
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

# machine makes a copy of the tree to work in, $work/root.
machine() {
	if [ -z "$tree" ]; then tree=$work/tree; fi
	if [ ! -x "$tree/usr/lib/systemd/systemd" ]; then
		mmdebstrap --quiet --variant=minbase \
			--include=systemd,systemd-sysv,dbus,libpam-systemd,procps,iproute2,sqlite3,polkitd,rpm bookworm "$tree"
		ok "made a Debian in $tree"
	fi
	cp -a --reflink=auto "$tree" "$work/root"
}

# boot starts it.
boot() {
	systemd-nspawn --quiet --directory="$work/root" --boot --register=no --keep-unit --private-network --console=pipe \
		</dev/null >"$work/console" 2>&1 &
	container=$!
	eventually "the container does not boot" 60 inside systemctl is-active dbus.socket
	ok "booted systemd $(inside systemctl --version | sed -n '1s/systemd \([0-9]*\).*/\1/p')"
}

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
