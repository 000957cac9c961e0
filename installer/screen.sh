#!/bin/bash
# A screen, free ports, and an eye for the icon next to the clock: what checks with pictures share.
# It is sourced, and needs $work, fail and eventually of who does. Needs Xvfb, ImageMagick, python3.
assets=$(realpath "$(dirname "${BASH_SOURCE[0]}")/../assets/icons")

# screen WIDTHxHEIGHT: on a display that nobody has; its process is $xvfb. It does not start anew when
# its last window goes (-noreset): who connects at that moment would wait for ever, and look comes and goes.
screen() {
	exec 8>"$work/display"
	Xvfb -displayfd 8 -screen 0 "$1x24" -nolisten tcp -noreset >"$work/xvfb.log" 2>&1 &
	xvfb=$!
	exec 8>&-
	eventually "Xvfb does not start" 20 test -s "$work/display"
	export DISPLAY=:$(cat "$work/display")
}

free_port() { # DGRAM or STREAM: of loopback
	python3 -c 'import socket, sys
s = socket.socket(socket.AF_INET, getattr(socket, "SOCK_" + sys.argv[1]))
s.bind(("127.0.0.1", 0))
print(s.getsockname()[1])' "$1"
}

look() { import -window root -depth 8 "$1"; }

# hold DATABASE: locks it for writing, as a program does that does not let go; ends with release
hold() {
	python3 -c 'import signal, sqlite3, sys
db = sqlite3.connect(sys.argv[1], isolation_level=None, timeout=60)
db.execute("BEGIN IMMEDIATE")
signal.pause()' "$1" >"$work/hold.log" 2>&1 &
	holder=$!
}
release() {
	kill "$holder"
	wait "$holder" 2>/dev/null || true
}

# find_icon WxH+X+Y: where in that part of the screen, which is grey, something has a strong colour. Sets
# icon, its place in that form, paper, the grey beside it, and x and y, the middle of it.
find_icon() {
	local left top width height
	look "$work/now.png"
	read -r width height left top < <(convert "$work/now.png" -crop "$1" +repage -colorspace HSB -channel G -separate +channel -threshold 60% -trim -format '%w %h %X %Y\n' info: | tr -d +)
	[ "$width" -ge 14 ] && [ "$width" -le 40 ] && [ "$height" -ge 14 ] && [ "$height" -le 40 ] || return 1
	local rest=${1#*+}
	left=$((left + ${rest%+*})) top=$((top + ${rest#*+}))
	icon=${width}x$height+$left+$top x=$((left + width / 2)) y=$((top + height / 2))
	paper=$(convert "$work/now.png" -format "%[pixel:p{$((left - 2)),$y}]" info:)
}

# icon_is STATE: whether the icon is that of the state, and no other. Its picture is kept for
# icons_differ.
icon_is() {
	local name size=${icon%%+*}
	look "$work/now.png"
	convert "$work/now.png" -crop "$icon" +repage "$work/icon.png"
	for name in running incident losing stopped unreachable; do
		convert "$assets/$name.png" -background "$paper" -flatten -resize "$size!" "$work/wanted.png"
		printf '%s %s\n' "$(compare -metric RMSE "$work/icon.png" "$work/wanted.png" null: 2>&1 | sed 's/ .*//')" "$name"
	done | sort -g >"$work/likeness.log"
	mv "$work/icon.png" "$work/icon-$1.png"
	[ "$(sed -n '1s/.* //p' "$work/likeness.log")" = "$1" ]
}

icons_differ() { # STATE...: each from each, in a sixth of the pixels at least
	local one other pixels size=${icon%%+*}
	for one; do
		for other; do
			[ "$one" != "$other" ] || continue
			pixels=$(compare -metric AE -fuzz 10% "$work/icon-$one.png" "$work/icon-$other.png" null: 2>&1 || true)
			[ "$pixels" -ge $((${size%x*} * ${size#*x} / 6)) ] || fail "the icons of $one and $other differ in $pixels pixels of $size only"
		done
	done
}
