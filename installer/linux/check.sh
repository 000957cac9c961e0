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
binary=$(realpath "$1")
tree=${2:-}
here=$(dirname "$0")
. "$here/container.sh"

# --- a machine
machine
install -m 755 "$binary" "$work/root/usr/local/bin/logboom"
mkdir -p "$work/root/etc/logboom"
printf '[listen]\nudp = [":514", ":1514"]\n' >"$work/root/etc/logboom/config.toml"
chmod 600 "$work/root/etc/logboom/config.toml"
boot

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
cp "$here/logboom.service" "$work/root/usr/lib/systemd/system/"
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
