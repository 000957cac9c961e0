#!/bin/bash
# Takes pictures of the tray icon and its menu in a real panel (Xfce's), with a real server.
#
#   installer/linux/tray-picture.sh LOGBOOM LOGBOOM-TRAY DIRECTORY
#
# LOGBOOM       the program for Linux
# LOGBOOM-TRAY  the icon next to the clock
# DIRECTORY     where linux-running.png, linux-incident.png and linux-stopped.png are written
#
# Needs root (for a /run of its own, on which a service can be said to be stopped), Xvfb,
# xfce4-panel, dbus-daemon, xdotool, ImageMagick and librsvg2-common; xfce4-notifyd, if it is
# there, shows notifications. Uses ports $LOGBOOM_PORT (23100) and the next of loopback and
# display $LOGBOOM_DISPLAY (:88). Nothing is left behind but the pictures.
set -euo pipefail
[ $# -eq 3 ] || { sed -n '2,13s/^# \{0,1\}//p' "$0"; exit 2; }
if [ "${LOGBOOM_OWN_RUN:-}" = "" ]; then
	[ "$(id -u)" = 0 ] || { echo "needs root: sudo $0 $*" >&2; exit 1; }
	LOGBOOM_OWN_RUN=1 exec unshare --mount -- "$0" "$@"
fi
logboom=$(realpath "$1") tray=$(realpath "$2")
mkdir -p "$3"
to=$(realpath "$3")
port=${LOGBOOM_PORT:-23100}
export DISPLAY=${LOGBOOM_DISPLAY:-:88} NO_AT_BRIDGE=1 GTK_THEME=Adwaita

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

Xvfb "$DISPLAY" -screen 0 900x560x24 -nolisten tcp >"$work/xvfb.log" 2>&1 &
pids+=($!)
eventually "the display" 20 xdotool getdisplaygeometry
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
directory = "$work/data"
[console]
listen = "127.0.0.1:$((port + 1))"
[[device]]
address = "127.0.0.1"
name = "OLT North"
TOML
"$logboom" run --config "$work/config.toml" >"$work/server.log" 2>&1 &
server=$!
pids+=($server)
eventually "the console" 20 curl -fs "http://127.0.0.1:$((port + 1))/healthz"
"$logboom" send --to "127.0.0.1:$port" --count 90000 --rate 1200 --devices 40 >>"$work/send.log" 2>&1 &
pids+=($!)

"$tray" --console "http://127.0.0.1:$((port + 1))" --autostart >"$work/tray.log" 2>&1 &
pids+=($!)
has_icon() { dbus-send --session --print-reply --dest=org.kde.StatusNotifierWatcher /StatusNotifierWatcher \
	org.freedesktop.DBus.Properties.Get string:org.kde.StatusNotifierWatcher string:RegisteredStatusNotifierItems | grep -q StatusNotifierItem; }
eventually "the icon" 30 has_icon

# picture NAME: the panel as it is, with the menu open; the icon larger below
picture() {
	xdotool mousemove 450 500 click 1 # closes what is open
	sleep 4 # the icon looks every 3 s
	import -window root "$work/panel.png"
	xdotool mousemove "$x" 15 click 1
	sleep 1.5
	if [ "${2:-}" != "" ]; then xdotool mousemove "$((x - 60))" "$2"; sleep 1; fi
	import -window root "$work/menu.png"
	convert "$work/panel.png" -crop 100x30+800+0 +repage -filter point -resize 400% "$work/large.png"
	convert "$work/menu.png" "$work/large.png" -gravity southwest -geometry +12+12 -composite -strip "$to/linux-$1.png"
	xdotool key Escape key Escape
	echo "$to/linux-$1.png"
}
x=${LOGBOOM_ICON_X:-826}
picture running

"$logboom" send --to "127.0.0.1:$port" '<131>Nov 26 10:00:01 OLT-2 EPON: PON deregister ONU 0/1/2:7' >>"$work/send.log" 2>&1
"$logboom" send --to "127.0.0.1:$port" '<131>Nov 26 10:00:02 OLT-2 POWER: power supply 2 failed' >>"$work/send.log" 2>&1
sleep 3
picture incident 97

echo inactive >"$work/state"
kill "$server"
wait "$server" || true
sleep 12
picture stopped
