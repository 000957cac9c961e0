#!/bin/bash
# Takes pictures of the tray icon and its menu in Wine's taskbar, with a real service.
#
#   installer/windows/tray-picture.sh LOGBOOM.EXE LOGBOOM-TRAY.EXE LOGBOOM DIRECTORY
#
# LOGBOOM.EXE       the program for Windows
# LOGBOOM-TRAY.EXE  the icon next to the clock
# LOGBOOM           the program for this machine, which sends messages
# DIRECTORY         where windows-running.png, -notification, -incident and -stopped are written
#
# Needs wine64, x86_64-w64-mingw32-gcc, Xvfb, xdotool, ImageMagick and curl. Uses an own Wine
# prefix, ports $LOGBOOM_PORT (23200) and the next of loopback and display $LOGBOOM_DISPLAY
# (:88). Nothing is left behind but the pictures. Wine does not tell of clicks on notifications.
#
# Never $(wine ...) or wine ... | x: Wine's background processes inherit the pipe and it does
# not close. Output goes to files.
set -euo pipefail
[ $# -eq 4 ] || { sed -n '2,13s/^# \{0,1\}//p' "$0"; exit 2; }
exe=$(realpath "$1") tray=$(realpath "$2") logboom=$(realpath "$3")
here=$(realpath "$(dirname "$0")")
mkdir -p "$4"
to=$(realpath "$4")
port=${LOGBOOM_PORT:-23200} console=$((${LOGBOOM_PORT:-23200} + 1))
work=$(mktemp -d /var/tmp/logboom-picture.XXXXXX)
export DISPLAY=${LOGBOOM_DISPLAY:-:88}
export WINEPREFIX=$work/prefix WINEARCH=win64 WINEDEBUG=-all
wine=$(command -v wine64 || echo /usr/lib/wine/wine64)
pids=()
cleanup() {
	exec 9>&- || true
	wineserver -k 2>/dev/null || true
	wineserver -w 2>/dev/null || true
	for p in "${pids[@]}"; do kill "$p" 2>/dev/null || true; done
	rm -rf "$work"
}
trap cleanup EXIT
fail() {
	echo "FAILED: $*" >&2
	[ ! -e "$work/raw" ] || { echo "the last command said:" >&2; cat "$work/raw" >&2; }
	tail -n 20 "$work"/*.log >&2 || true
	exit 1
}
eventually() { # WHAT SECONDS COMMAND...
	local what=$1 until=$(($(date +%s) + $2)); shift 2
	until "$@" >/dev/null 2>&1; do
		[ "$(date +%s)" -lt "$until" ] || fail "$what"
		sleep 0.2
	done
}
w() { timeout 90 "$wine" "$@" >"$work/raw" 2>&1 </dev/null; }

# --- a machine
Xvfb "$DISPLAY" -screen 0 900x560x24 -nolisten tcp >"$work/xvfb.log" 2>&1 &
pids+=($!)
eventually "the display" 20 xdotool getdisplaygeometry
x86_64-w64-mingw32-gcc -shared -O2 -s -Wall -o "$work/bcryptprimitives.dll" "$here/wine/bcryptprimitives.c" -ladvapi32 -lws2_32
drive=$WINEPREFIX/drive_c
timeout 120 "$wine" wineboot -i >"$work/boot.log" 2>&1 </dev/null
w winecfg -v win10 || true
cp "$work/bcryptprimitives.dll" "$drive/windows/system32/"
w reg add 'HKCU\Software\Wine\DllOverrides' /v bcryptprimitives /d native /f || true
printf '#!/bin/sh\necho "$1" >>"%s"\n' "$work/pages" >"$work/browser"
chmod +x "$work/browser"
w reg add 'HKCU\Software\Wine\WineBrowser' /v Browsers /d "$work/browser" /f || true
wineserver -w
mkfifo "$work/alive" # Wine ends its services with its last ordinary program
"$wine" cmd <"$work/alive" >/dev/null 2>&1 &
exec 9>"$work/alive"
services() { w net start && grep -q 'Plug and Play' "$work/raw" && grep -q 'Event Log' "$work/raw"; }
eventually "Wine's services do not start" 30 services
mkdir -p "$drive/Program Files/Logboom" "$drive/ProgramData/Logboom"
cp "$exe" "$drive/Program Files/Logboom/logboom.exe"
cp "$tray" "$drive/Program Files/Logboom/logboom-tray.exe"
cat >"$drive/ProgramData/Logboom/config.toml" <<TOML
[listen]
udp = ["127.0.0.1:$port"]
[console]
listen = "127.0.0.1:$console"
[[device]]
address = "127.0.0.1"
name = "OLT North"
TOML
boom() { w 'C:\Program Files\Logboom\logboom.exe' --config 'C:\ProgramData\Logboom\config.toml' "$@"; }
boom service install || fail "service install"
answers() { curl -fs "http://127.0.0.1:$console/healthz"; }
eventually "the console" 30 answers
"$logboom" send --to "127.0.0.1:$port" --count 90000 --rate 1000 --devices 40 >"$work/send.log" 2>&1 &
pids+=($!)

# --- a desktop with a taskbar, and the icon on it
"$wine" explorer '/desktop=logboom,900x560' >"$work/explorer.log" 2>&1 </dev/null &
sleep 4
"$wine" explorer '/desktop=logboom,900x560' 'C:\Program Files\Logboom\logboom-tray.exe' --console "http://127.0.0.1:$console" --autostart >"$work/tray.log" 2>&1 </dev/null &
sleep 6

# picture NAME Y: the menu open, with the pointer at Y; the icon larger
x=${LOGBOOM_ICON_X:-889} y=${LOGBOOM_ICON_Y:-550}
picture() {
	xdotool mousemove 300 150 click 1 # closes what is open
	sleep 4 # the icon looks every 3 s
	import -window root "$work/bar.png"
	xdotool mousemove "$x" "$y" click 3
	sleep 2
	xdotool mousemove "$((x - 60))" "$2"
	sleep 2
	import -window root "$work/menu.png"
	convert "$work/bar.png" -crop 100x20+800+540 +repage -filter point -resize 400% "$work/large.png"
	convert "$work/menu.png" "$work/large.png" -gravity northwest -geometry +12+12 -composite -strip "$to/windows-$1.png"
	xdotool key Escape key Escape
	echo "$to/windows-$1.png"
}
picture running 299

"$logboom" send --to "127.0.0.1:$port" '<131>Nov 26 10:00:01 OLT-2 EPON: PON deregister ONU 0/1/2:7' >>"$work/send.log" 2>&1
"$logboom" send --to "127.0.0.1:$port" '<131>Nov 26 10:00:02 OLT-2 POWER: power supply 2 failed' >>"$work/send.log" 2>&1
sleep 5
import -window root -strip "$to/windows-notification.png"
picture incident 341

boom service stop || fail "service stop"
sleep 12
picture stopped 299

# --- and it does what the menu says
click() { # Y: the line of the menu there
	xdotool mousemove 300 150 click 1
	sleep 1
	xdotool mousemove "$x" "$y" click 3
	sleep 2
	xdotool mousemove "$((x - 60))" "$1" click 1
}
click 324 # Open the console
eventually "the menu does not open the console" 20 grep -q ":$console/\$" "$work/pages"
click 384 # Start the service
eventually "the menu does not start the service" 30 answers
echo "ok: the menu opens the console and starts the service"
small='C:\Program Files\Logboom\logboom-tray.exe'
w "$small" --version || fail "--version"
grep -q '^logboom-tray ' "$work/raw" || fail "--version says nothing"
w "$small" --autostart || fail "a second start at login"
w "$small" --quit || fail "--quit"
w "$small" --quit || fail "--quit without an icon"
grep -q 'there was no icon' "$work/raw" || fail "--quit left the icon"
echo "ok: one icon, and --quit ends it"
