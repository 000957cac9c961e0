#!/bin/sh
# Converts the drawings in assets/icons to the pictures that the programs and
# the packages need (make icons): all sizes go to out/icons, and those that
# "go build" embeds beside the drawings, where they are kept in the repository.
# Needs rsvg-convert and ImageMagick; Debian: librsvg2-bin imagemagick.
set -eu
cd "$(dirname "$0")/.."
for tool in rsvg-convert convert; do
  command -v "$tool" >/dev/null || { echo "icons: $tool is missing; apt-get install librsvg2-bin imagemagick" >&2; exit 1; }
done
mkdir -p out/icons

# png NAME SIZE draws one size; nothing in the file depends on when.
png() {
  rsvg-convert --width "$2" --height "$2" --output "out/icons/$1-$2.png" "assets/icons/$1.svg"
}

# ico NAME SIZE... gathers sizes that were drawn into one icon of Windows.
ico() {
  name=$1
  shift
  files=
  for size; do files="$files out/icons/$name-$size.png"; done
  # shellcheck disable=SC2086 # names without spaces
  convert $files -strip "assets/icons/$name.ico"
}

for drawing in assets/icons/*.svg; do
  name=$(basename "$drawing" .svg)
  for size in 16 20 22 24 32 40 48 64 128 256; do png "$name" "$size"; done
  if [ "$name" != logboom ]; then
    ico "$name" 16 20 24 32 # the small icons of Windows at 100 to 200 %
    cp "out/icons/$name-48.png" "assets/icons/$name.png"
  fi
done
ico logboom 16 20 24 32 40 48 64 128 256
cp out/icons/logboom-256.png assets/icons/logboom-256.png
