#!/bin/bash
# Installs, upgrades, breaks and removes Logboom with its setup.exe, under Wine.
#
#   sudo installer/windows/check-setup.sh SETUP.EXE [PICTURES]
#
# PICTURES  a directory: every page of setup is shown, clicked through, and kept there as PNG;
#           needs Xvfb, xdotool, ImageMagick, openssl and python3
#
# Needs root, for a network and a small disk of its own: the shipped ports are used, and nothing
# is left behind. makensis makes a second setup, of a version that does not start. wine.sh says
# what else is needed.
set -euo pipefail
[ $# -ge 1 ] || { sed -n '2,12s/^# \{0,1\}//p' "$0"; exit 2; }
[ "$(id -u)" = 0 ] || { echo "needs root: sudo $0 $*" >&2; exit 1; }
if [ -z "${LOGBOOM_CHECK_ALONE-}" ]; then
	LOGBOOM_CHECK_ALONE=1 exec unshare --net --mount -- "$0" "$@"
fi
ip link set lo up
setup=$(realpath "$1")
pictures=${2:+$(mkdir -p "$2" && realpath "$2")}
port=514
unset DISPLAY http_proxy https_proxy HTTP_PROXY HTTPS_PROXY
[ -z "$pictures" ] || . "$(dirname "$0")/telegram.sh"
. "$(dirname "$0")/wine.sh"
root=$(realpath "$here/../..")
program="$drive/Program Files/Logboom"

# setup ARGUMENT...: what it said is in out, how it ended is the exit code
setup() { w "$setup" /S "$@"; }
ends() { # CODE WHAT COMMAND...
	local want=$1 what=$2 code=0; shift 2
	"$@" || code=$?
	[ $code = "$want" ] || fail "$what: exit code $code instead of $want"
}
remove() { # the uninstaller goes on in a copy of itself
	w 'C:\Program Files\Logboom\uninstall.exe' /S "$@" || fail "uninstall"
	eventually "the program is not removed" 30 test ! -e "$program"
}
receives() { # WORD COUNT
	send "$2" "$1"
	eventually "$2 messages are not stored" 20 stored "$1" "$2"
}

# --- from the double click to the first message
clock=$(date +%s%N)
( # until the check ends; a device that does not wait for us
	while [ -e "$work" ]; do
		printf '<134>check early %d' "$(date +%s%N)" >/dev/udp/127.0.0.1/514 || true
		sleep 0.1
	done
) 2>/dev/null &
sender=$!
ends 0 "setup" setup
state running || fail "setup has ended, and the service does not run"
boom export --format json '"check early"' || fail "export"
first=$(sed -n 's/.*check early \([0-9]*\).*/\1/p' "$work/out" | sort -n | head -n 1)
kill $sender
wait $sender 2>/dev/null || true
[ -n "$first" ] || fail "no message was stored while setup ran"
ok "installed in silence; the first message that is stored came $(((first - clock) / 1000000)) ms after the start of setup.exe"
for file in "$config" "$drive/ProgramData/Logboom/config.example.toml"; do
	[ -s "$file" ] || fail "no $file"
	! grep -qv $'\r$' "$file" || fail "old editors show $file as one line"
done
tr -d '\r' <"$config" | cmp - "$root/config.toml" || fail "the settings are not those that are shipped"
for name in 'Logboom console.url' 'Logboom settings.lnk' 'Logboom messages.lnk' 'Remove Logboom.lnk'; do
	[ -e "$drive/ProgramData/Microsoft/Windows/Start Menu/Programs/Logboom/$name" ] || fail "the Start menu has no $name"
done
w reg query 'HKLM\Software\Microsoft\Windows\CurrentVersion\Uninstall\Logboom' /v QuietUninstallString || fail "not in the list of programs"
w reg query 'HKLM\Software\Microsoft\Windows\CurrentVersion\Run' /v Logboom || fail "the icon does not start with the session"
receives one 100
ok "100 of 100 messages stored"

# --- again, over itself
{ tr -d '\r' <"$config"; echo '# written by an admin'; } >"$work/edited.toml" # the lines end as in versions before
cp "$work/edited.toml" "$config"
ends 0 "setup over itself" setup
state running || fail "does not run after the upgrade"
cmp "$work/edited.toml" "$config" || fail "the upgrade has changed the settings"
stored one 100 || fail "rows changed"
receives two 100
ok "installed over itself while it ran: settings and rows kept, receives again"

boom service stop || fail "service stop"
ends 0 "setup over a stopped service" setup
state stopped || fail "a silent upgrade has started a service that was stopped"
boom service start || fail "service start"
ok "a service that was stopped stays so"

# --- a new version that cannot
was=$(server)
echo 'bogus = 5' >>"$config"
ends 5 "setup with settings that are wrong" setup
grep -q 'log.bogus: there is no such key' "$work/out" || fail "setup does not say what is wrong with the settings"
[ "$(server)" = "$was" ] || fail "the old version was stopped"
sed -i '$d' "$config"
receives three 50
ok "settings that the new version cannot read: exit code 5, the old one has gone on"

ends 10 "setup into another folder" setup '/D=C:\Elsewhere'
grep -q 'installed in C:.Program Files.Logboom' "$work/out" || fail "setup does not say where Logboom is"
[ "$(server)" = "$was" ] && [ ! -e "$drive/Elsewhere" ] || fail "something was done"
ok "another folder than the one that Logboom is in: exit code 10, nothing was done"

mkdir "$work/bad"
cat >"$work/bad/logboom.c" <<'END'
#include <stdio.h>
#include <string.h>
int main(int n, char **word)
{
    for (int i = 1; i < n; i++)
        if (!strcmp(word[i], "install")) { puts("this version does not start"); return 1; }
    return 0;
}
END
x86_64-w64-mingw32-gcc -O2 -s -o "$work/bad/logboom.exe" "$work/bad/logboom.c"
cp "$work/bad/logboom.exe" "$work/bad/logboom-tray.exe"
makensis -V1 -DVERSION=9.9.9 -DNUMBERS=9.9.9.0 -DHERE="$here" -DPROGRAMS="$work/bad" -DOUT="$work/logboom-9.9.9-setup.exe" "$here/setup.nsi" >"$work/out" 2>&1 || fail "makensis"
ends 6 "setup of a version that does not start" w "$work/logboom-9.9.9-setup.exe" /S
grep -q 'this version does not start' "$work/out" || fail "setup does not say why"
grep -q 'put back: it runs' "$work/out" || fail "setup does not say that the old version runs"
[ ! -e "$program/logboom-new.exe" ] && [ ! -e "$program/logboom-old.exe" ] || fail "files are left behind"
state running || fail "the old version does not run"
receives four 50
stored one 100 || fail "rows changed"
ok "a version that does not start: exit code 6, the old one is back"

# --- two at once
"$wine" "$setup" /S >/dev/null 2>&1 </dev/null &
one=$!
"$wine" "$setup" /S >/dev/null 2>&1 </dev/null &
other=$! codes=
wait $one || codes=$?
wait $other || codes+=$?
[ "$codes" = 4 ] || fail "two at once: exit codes other than 0 are \"$codes\", not 4 of one"
state running || fail "does not run"
ok "two at once: one has done its work, the other has exit code 4"

# --- killed in the middle
for after in 1 2 3 4; do
	"$wine" "$setup" /S >/dev/null 2>&1 </dev/null &
	victim=$!
	sleep $after
	kill -9 $victim 2>/dev/null || true
	wait $victim 2>/dev/null || true
done
eventually "does not install after four that were killed" 60 setup
state running || fail "does not run"
stored one 100 && stored four 50 || fail "rows changed"
ok "four setups killed in the middle, the fifth heals it; rows kept"

kill -9 $(server)
eventually "the killed server is still there" 10 dead
stored one 100 && stored two 100 || fail "rows were lost by kill -9"
reboot # see check.sh
eventually "does not start with the system" 30 state running
ends 0 "setup after kill -9" setup
receives five 50
stored one 100 && stored two 100 || fail "rows changed"
ok "all rows kept over kill -9 and a setup after it"

# --- away
remove
state=$(w sc query logboom && echo there || echo gone)
[ "$state" = gone ] || fail "the service is left behind"
[ -e "$config" ] && ls "$data"/syslog_*.db >/dev/null || fail "settings or messages are gone"
! w reg query 'HKLM\Software\Microsoft\Windows\CurrentVersion\Uninstall\Logboom' || fail "still in the list of programs"
[ ! -e "$drive/ProgramData/Microsoft/Windows/Start Menu/Programs/Logboom" ] || fail "the Start menu is left behind"
ok "removed while it ran: settings and messages kept"

version() { # NUMBER: of the schema of the state; it is in big endian order at byte 60 of a database
	printf "\\x00\\x00\\x$(printf %02x $(($1 / 256)))\\x$(printf %02x $(($1 % 256)))" | dd of="$data/logboom.db" bs=1 seek=60 conv=notrunc status=none
}
was=$(od -An -j60 -N4 -t u1 "$data/logboom.db" | awk '{ print $3 * 256 + $4 }')
version 9999
ends 5 "setup with files of a newer version" setup
grep -q 'schema 9999' "$work/out" || fail "setup does not say which file is too new"
[ ! -e "$program" ] || fail "something was installed"
version "$was"
ok "files that a newer version has written: exit code 5, nothing installed"

mkdir "$drive/Full"
echo x >"$drive/Full/version.dll"
ends 9 "setup into a folder that is full" setup '/D=C:\Full'
grep -q 'has files in it' "$work/out" || fail "setup does not say that the folder has files in it"
[ "$(ls "$drive/Full")" = version.dll ] || fail "something was installed"
ok "a folder outside Program Files that others may have filled: exit code 9, nothing installed"

mkdir "$work/small"
mount -t tmpfs -o size=30M none "$work/small"
ln -s "$work/small" "$WINEPREFIX/dosdevices/e:"
ends 7 "setup on a small disk" setup '/D=E:\Logboom'
grep -q 'not enough room' "$work/out" || fail "setup does not say that the disk is full"
[ -z "$(ls "$work/small")" ] || fail "files are left behind: $(ls "$work/small")"
umount "$work/small"
rm "$WINEPREFIX/dosdevices/e:"
ok "no room: exit code 7, nothing left behind"

python3 -c 'import socket, time; s = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM); s.bind(("::", 514)); time.sleep(600)' &
holder=$!
ends 8 "setup while 514 is taken" setup
grep -q '^udp :514 .*held' "$work/out" || fail "setup does not say which port is taken"
state running || fail "does not run when one port is taken"
port=1514
receives six 50
stored one 100 || fail "the messages from before are not found"
kill $holder
wait $holder 2>/dev/null || true
port=514
takes() { send 1 free; sleep 1; boom export --format json '"check free"' && grep -q 'check free' "$work/out"; }
eventually "514 is not taken when it is free" 60 takes
ok "514 held by another: exit code 8, runs on 1514, takes 514 when it is free; old messages are there again"

remove /PURGE
eventually "/PURGE leaves files" 20 test ! -e "$drive/ProgramData/Logboom"
ok "/PURGE removes settings and messages"

given="/CONFIG=Z:${work//\//\\}\\given.toml"
echo 'listen.udp = ["127.0.0.1:x"]' >"$work/given.toml"
ends 5 "setup with a wrong /CONFIG" setup "$given"
grep -q 'listen.udp' "$work/out" || fail "setup does not say what is wrong in /CONFIG"
[ ! -e "$program" ] && [ ! -e "$config" ] || fail "something was installed"
echo 'listen.udp = [":514"]' >"$work/given.toml"
ends 0 "setup with /CONFIG" setup "$given" /NOTRAY /NOFIREWALL
cmp "$work/given.toml" "$config" || fail "the settings of /CONFIG are not used"
receives seven 20
! w reg query 'HKLM\Software\Microsoft\Windows\CurrentVersion\Run' /v Logboom || fail "/NOTRAY does nothing"
ends 0 "an upgrade" setup
! w reg query 'HKLM\Software\Microsoft\Windows\CurrentVersion\Run' /v Logboom || fail "an upgrade brings an icon that nobody wants"
remove /PURGE
eventually "/PURGE leaves files" 20 test ! -e "$drive/ProgramData/Logboom"
ok "/CONFIG brings settings; wrong ones: exit code 5, nothing installed"

# --- as people see it
[ -z "$pictures" ] || . "$here/pictures.sh"
