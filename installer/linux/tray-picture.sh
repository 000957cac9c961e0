#!/bin/bash
# Takes pictures of the tray icon and its menu in a real panel (Xfce's), with a real server.
#
#   installer/linux/tray-picture.sh LOGBOOM LOGBOOM-TRAY DIRECTORY
#
# LOGBOOM       the program for Linux
# LOGBOOM-TRAY  the icon next to the clock
# DIRECTORY     where linux-STATE.png is written, for each state
#
# Fails if the icon is not that of the state. Needs root (for a /run of its own, on which a service
# can be said to be stopped), Xvfb, xfce4-panel, dbus-daemon, xdotool, ImageMagick, python3, curl
# and librsvg2-common; xfce4-notifyd, if it is there, shows notifications. Nothing is left behind
# but the pictures.
set -euo pipefail
[ $# -eq 3 ] || { sed -n '2,13s/^# \{0,1\}//p' "$0"; exit 2; }
if [ "${LOGBOOM_OWN_RUN:-}" = "" ]; then
	[ "$(id -u)" = 0 ] || { echo "needs root: sudo $0 $*" >&2; exit 1; }
	LOGBOOM_OWN_RUN=1 exec unshare --mount -- "$0" "$@"
fi
logboom=$(realpath "$1") tray=$(realpath "$2")
mkdir -p "$3"
to=$(realpath "$3")
export NO_AT_BRIDGE=1 GTK_THEME=Adwaita

mount --make-rprivate /
mount -t tmpfs tmpfs /run
mkdir -p /run/systemd/system
work=$(mktemp -d /var/tmp/logboom-picture.XXXXXX)
pids=()
cleanup() {
	for p in "${pids[@]}"; do kill "$p" 2>/dev/null || true; done
	wait 2>/dev/null || true
	rm -rf "$work"
}
trap cleanup EXIT
fail() {
	echo "FAILED: $*" >&2
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
. "$(dirname "$0")/../screen.sh"
port=$(free_port DGRAM) console=$(free_port STREAM)

# --- a machine: a display, a bus, a panel with nothing but the icons, and a systemd that says
#     what the file "state" holds
export HOME=$work/home XDG_CONFIG_HOME=$work/home/.config XDG_RUNTIME_DIR=$work/run XDG_CURRENT_DESKTOP=XFCE
panel=$XDG_CONFIG_HOME/xfce4/xfconf/xfce-perchannel-xml
mkdir -p "$panel" "$XDG_RUNTIME_DIR" "$work/bin"
chmod 700 "$XDG_RUNTIME_DIR"
cat >"$panel/xfce4-panel.xml" <<'XML'
<?xml version="1.0" encoding="UTF-8"?>
<channel name="xfce4-panel" version="1.0">
  <property name="configver" type="int" value="2"/>
  <property name="panels" type="array">
    <value type="int" value="1"/>
    <property name="panel-1" type="empty">
      <property name="position" type="string" value="p=6;x=0;y=0"/>
      <property name="position-locked" type="bool" value="true"/>
      <property name="length" type="uint" value="100"/>
      <property name="size" type="uint" value="30"/>
      <property name="plugin-ids" type="array">
        <value type="int" value="1"/>
        <value type="int" value="2"/>
        <value type="int" value="3"/>
      </property>
    </property>
  </property>
  <property name="plugins" type="empty">
    <property name="plugin-1" type="string" value="separator">
      <property name="expand" type="bool" value="true"/>
      <property name="style" type="uint" value="0"/>
    </property>
    <property name="plugin-2" type="string" value="systray">
      <property name="square-icons" type="bool" value="true"/>
    </property>
    <property name="plugin-3" type="string" value="clock"/>
  </property>
</channel>
XML
cat >"$panel/xfce4-notifyd.xml" <<'XML'
<?xml version="1.0" encoding="UTF-8"?>
<channel name="xfce4-notifyd" version="1.0">
  <property name="notify-location" type="uint" value="3"/>
</channel>
XML
cat >"$work/bin/systemctl" <<SH
#!/bin/sh
echo "LoadState=loaded"
echo "ActiveState=\$(cat "$work/state")"
echo "SubState=x"
SH
chmod +x "$work/bin/systemctl"
export PATH=$work/bin:$PATH
echo active >"$work/state"

screen 900x560
pids+=("$xvfb")
display -window root -size 900x560 'xc:#4a6a7c' 2>"$work/display.log" || true
dbus-daemon --session --nofork --print-address=1 --address="unix:path=$work/bus" >"$work/dbus.log" 2>&1 &
pids+=($!)
export DBUS_SESSION_BUS_ADDRESS=unix:path=$work/bus
eventually "the bus" 20 test -S "$work/bus"
for notifyd in /usr/lib/*/xfce4/notifyd/xfce4-notifyd; do
	[ ! -x "$notifyd" ] || { "$notifyd" >"$work/notifyd.log" 2>&1 & pids+=($!); }
done
xfce4-panel --disable-wm-check >"$work/panel.log" 2>&1 &
pids+=($!)

# --- a server
cat >"$work/config.toml" <<TOML
[listen]
udp = ["127.0.0.1:$port"]
[store]
queue_size = 2000
directory = "$work/data"
[console]
listen = "127.0.0.1:$console"
[[device]]
address = "127.0.0.1"
name = "OLT North"
TOML
"$logboom" run --config "$work/config.toml" >"$work/server.log" 2>&1 &
server=$!
pids+=("$server")
eventually "the console" 20 curl -fs "http://127.0.0.1:$console/healthz"
"$logboom" send --to "127.0.0.1:$port" --count 900000 --rate 1200 --devices 40 >>"$work/send.log" 2>&1 &
pids+=($!)

"$tray" --console "http://127.0.0.1:$console" --autostart >"$work/tray.log" 2>&1 &
pids+=($!)
has_icon() { dbus-send --session --print-reply --dest=org.kde.StatusNotifierWatcher /StatusNotifierWatcher \
	org.freedesktop.DBus.Properties.Get string:org.kde.StatusNotifierWatcher string:RegisteredStatusNotifierItems | grep -q StatusNotifierItem; }
eventually "the icon" 30 has_icon

eventually "the icon is not on the panel" 30 find_icon 300x28+600+0

# picture STATE [Y]: the panel, with the icon of the state, and the menu, with the pointer at Y
picture() {
	xdotool mousemove 450 500 click 1 # closes what is open
	sleep 4 # the icon looks every 3 s
	eventually "the icon does not become that of $1" 40 icon_is "$1"
	cp "$work/now.png" "$work/panel.png"
	xdotool mousemove "$x" "$y" click 1
	sleep 1.5
	if [ "${2:-}" != "" ]; then xdotool mousemove "$((x - 60))" "$2"; sleep 1; fi
	look "$work/menu.png"
	convert "$work/panel.png" -crop 100x30+800+0 +repage -filter point -resize 400% "$work/large.png"
	convert "$work/menu.png" "$work/large.png" -gravity southwest -geometry +12+12 -composite -strip "$to/linux-$1.png"
	xdotool key Escape key Escape
	echo "$to/linux-$1.png"
}
flows() { curl -fs "http://127.0.0.1:$console/api/v1/status" | python3 -c 'import json, sys; s = json.load(sys.stdin); sys.exit(s["devices"] < 40 or s["rate"]["received"] < 900)'; }
eventually "40 devices do not send" 30 flows
picture running

"$logboom" send --to "127.0.0.1:$port" '<131>Nov 26 10:00:01 OLT-2 EPON: PON deregister ONU 0/1/2:7' >>"$work/send.log" 2>&1
"$logboom" send --to "127.0.0.1:$port" '<131>Nov 26 10:00:02 OLT-2 POWER: power supply 2 failed' >>"$work/send.log" 2>&1
picture incident 97

hold "$work"/data/syslog_*.db
pids+=("$holder")
picture losing
release
eventually "the icon does not become that of incident again" 40 icon_is incident

kill "$server"
wait "$server" || true
picture unreachable # as the service is said to run
echo inactive >"$work/state"
picture stopped
icons_differ running incident losing unreachable stopped
echo "ok: the icon is that of each state, and they differ"
