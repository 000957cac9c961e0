# Clicks through every page of setup.exe and keeps a picture of each. Sourced by check-setup.sh
# with a Wine that has no Logboom.
#
# Windows in Wine's desktop are not those of X: there is no finding them by name, so a page is
# there when the screen has changed and stands still. The screen has one size, so everything is
# where it was. What stands on a page is asked of Windows.

x86_64-w64-mingw32-gcc -O2 -s -Wall -o "$work/says.exe" "$here/wine/says.c"
. "$here/../screen.sh"
screen 1000x650

# differ A B: how many pixels
differ() { compare -metric AE -fuzz 10% "$1" "$2" null: 2>&1 || true; }
changed() { # and stands still; a caret that blinks is no change
	local pixels
	look "$work/now.png"
	pixels=$(differ "$work/last.png" "$work/now.png")
	[ "$pixels" -gt "$least" ] && [ "$pixels" -lt "$most" ] || return 1
	sleep "$still"
	look "$work/then.png"
	[ "$(differ "$work/now.png" "$work/then.png")" -lt 100 ]
}
# page NAME [LEAST [SECONDS [MOST]]]: waits for a page that differs from the last one in so many
# pixels and stands still for so long, and keeps its picture
page() {
	least=${2:-1500} still=${3:-0.5} most=${4:-1000000}
	eventually "the page $1 does not come" 60 changed
	cp "$work/then.png" "$work/last.png"
	case $1 in
	*-desktop) cp "$work/last.png" "$pictures/setup-$1.png" ;;
	*) convert "$work/last.png" -crop 606x420+197+112 +repage "$pictures/setup-$1.png" ;; # a taskbar moves windows up a little
	esac
}
click() { xdotool mousemove "$1" "$2" click 1; }
keys() { xdotool type --delay 20 -- "$1"; }
next() { click 632 492; }
# says TEXT: waits until it stands somewhere on the screen
says() { eventually "no window says \"$1\"" 30 said "$1"; }
said() { w "$work/says.exe" logboom && grep -qF -- "$1" "$work/out"; }
type_in() { # X Y TEXT: in place of what is there
	click "$1" "$2"
	xdotool key ctrl+a
	keys "$3"
}
show() { "$wine" explorer /desktop=logboom,1000x650 "$@" >/dev/null 2>&1 </dev/null & }

look "$work/last.png" # black
show # a desktop, which stays
page 0-desktop 300000
show "Z:${setup//\//\\}"
page 1-welcome 150000 # more than "setup is loading"
click 426 384
click 426 410
page 1-welcome-choices 50
next
page 2-folder
next
page 3-ports
type_in 460 245 '514, 99999'
next
page 3-ports-wrong
xdotool key Return
page 3-ports-again
type_in 460 245 '514, 1514'
next
page 4-telegram
. "$here/pictures-telegram.sh"
next
eventually "setup, clicked through, does not install" 60 test -e "$program/uninstall.exe"
page 5-finish 50000
state running || fail "setup, clicked through, does not install"
grep -q $'^chat_id = "-1001234567890"\r$' "$config" || fail "what was typed is not in the settings"
! grep -r "${token#*:}" "$drive/ProgramData/Logboom/logs" || fail "a log has the token"
boom alerts test || fail "the settings that setup wrote send no test message"
got 4 "$token" "$chat" 'Logboom can reach you here'
next
eventually "setup has not started the icon" 20 icon
page 6-desktop 20000
receives eight 20
ok "setup clicked through; what was typed is in the settings"

show "Z:${setup//\//\\}"
page 7-upgrade 150000
next
page 8-upgrade-finish 1500 0.5 40000 # the first and the last page have the same picture
click 426 342 # no console
next
page 9-desktop 20000
receives nine 20
stored eight 20 || fail "rows changed"
show 'C:\Program Files\Logboom\uninstall.exe'
page 10-remove 20000
next
eventually "the program is not removed" 30 test ! -e "$program"
no icon || fail "the icon is left behind"
page 11-removed 500
next
kill $xvfb
ok "upgraded and removed by clicking; pictures are in $pictures"
