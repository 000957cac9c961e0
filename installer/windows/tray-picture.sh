#!/bin/bash
# Takes pictures of the tray icon and its menu in Wine's taskbar, with a real service.
#
#   installer/windows/tray-picture.sh LOGBOOM.EXE LOGBOOM-TRAY.EXE LOGBOOM DIRECTORY
#
# LOGBOOM.EXE       the program for Windows
# LOGBOOM-TRAY.EXE  the icon next to the clock
# LOGBOOM           the program for this machine, which sends messages
# DIRECTORY         where windows-STATE.png is written, for each state, and windows-notification.png
#
# Fails if the icon is not that of the state. Needs Xvfb, xdotool, ImageMagick, python3, curl and
# what wine.sh needs. Nothing is left behind but the pictures. Wine does not tell of clicks on
# notifications.
set -euo pipefail
[ $# -eq 4 ] || { sed -n '2,13s/^# \{0,1\}//p' "$0"; exit 2; }
exe=$(realpath "$1") tray=$(realpath "$2") logboom=$(realpath "$3")
mkdir -p "$4"
to=$(realpath "$4")
unset DISPLAY
. "$(dirname "$0")/wine.sh"
. "$here/../screen.sh"
port=$(free_port DGRAM) console=$(free_port STREAM)

printf '#!/bin/sh\necho "$1" >>"%s"\n' "$work/pages" >"$work/browser"
chmod +x "$work/browser"
w reg add 'HKCU\Software\Wine\WineBrowser' /v Browsers /d "$work/browser" /f || true
mkdir -p "$drive/Program Files/Logboom" "$drive/ProgramData/Logboom"
cp "$exe" "$drive/Program Files/Logboom/logboom.exe"
cp "$tray" "$drive/Program Files/Logboom/logboom-tray.exe"
cat >"$config" <<TOML
[listen]
udp = ["127.0.0.1:$port"]
[store]
queue_size = 2000
[console]
listen = "127.0.0.1:$console"
[[device]]
address = "127.0.0.1"
name = "OLT North"
TOML
boom service install || fail "service install"
answers() { curl -fs "http://127.0.0.1:$console/healthz"; }
eventually "the console" 30 answers
"$logboom" send --to "127.0.0.1:$port" --count 900000 --rate 1000 --devices 40 >"$work/send.log" 2>&1 &

# --- a desktop, whose taskbar comes with the first icon
screen 900x560
"$wine" explorer '/desktop=logboom,900x560' >"$work/explorer.log" 2>&1 </dev/null &
desktop() { look "$work/now.png" && [ "$(convert "$work/now.png" -format '%[fx:mean>0.1]' info:)" = 1 ]; }
eventually "there is no desktop" 30 desktop
"$wine" explorer '/desktop=logboom,900x560' 'C:\Program Files\Logboom\logboom-tray.exe' --console "http://127.0.0.1:$console" --autostart >"$work/tray.log" 2>&1 </dev/null &
eventually "the icon is not on the taskbar" 30 find_icon 300x20+600+540

# picture STATE Y: the menu, with the pointer at Y, and the icon larger
picture() {
	xdotool mousemove 300 150 click 1 # closes what is open
	sleep 4 # the icon looks every 3 s
	eventually "the icon does not become that of $1" 40 icon_is "$1"
	cp "$work/now.png" "$work/bar.png"
	xdotool mousemove "$x" "$y" click 3
	sleep 2
	xdotool mousemove "$((x - 60))" "$2"
	sleep 2
	look "$work/menu.png"
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

hold "$data"/syslog_*.db
picture losing 299
release
eventually "the icon does not become that of incident again" 40 icon_is incident

boom service stop || fail "service stop"
picture stopped 299
icons_differ running incident losing stopped
echo "ok: the icon is that of each state, and they differ"

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
grep -q '^logboom-tray ' "$work/out" || fail "--version says nothing"
w "$small" --autostart || fail "a second start at login"
w "$small" --quit || fail "--quit"
w "$small" --quit || fail "--quit without an icon"
grep -q 'there was no icon' "$work/out" || fail "--quit left the icon"
echo "ok: one icon, and --quit ends it"
