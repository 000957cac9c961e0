#!/bin/bash
# Installs, runs, breaks and removes Logboom as a service of Windows, under Wine.
#
#   installer/windows/check.sh LOGBOOM.EXE
#
# Uses UDP port 25514 of loopback; nothing is left behind. wine.sh says what it needs.
set -euo pipefail
[ $# -eq 1 ] || { sed -n '2,6s/^# \{0,1\}//p' "$0"; exit 2; }
exe=$(realpath "$1")
port=25514 console=25515
unset DISPLAY
. "$(dirname "$0")/wine.sh"

mkdir -p "$drive/Program Files/Logboom" "$drive/ProgramData/Logboom"
cp "$exe" "$drive/Program Files/Logboom/logboom.exe"
printf '[listen]\nudp = ["127.0.0.1:%d"]\n[console]\nlisten = "127.0.0.1:%d"\n' $port $console >"$config"

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
reboot
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
