package assets

import (
	"bytes"
	"encoding/binary"
	"image"
	"image/png"
	"os"
	"slices"
	"testing"
)

var states = []string{Running, Stopped, Losing, Incident, Unreachable}

func TestEveryStateHasAPictureOfItsOwn(t *testing.T) {
	seen := map[string]string{}
	for _, s := range states {
		b := TrayIcon(s)
		if len(b) == 0 {
			t.Errorf("no picture of %q", s)
		}
		if other := seen[string(b)]; other != "" {
			t.Errorf("%q looks like %q", s, other)
		}
		seen[string(b)] = s
	}
	if b := TrayIcon("../assets.go"); b != nil {
		t.Errorf("a picture of nothing has %d bytes", len(b))
	}
}

// Without colours a state is still to be seen: in grey, pictures differ from
// each other in at least a tenth of what is drawn.
func TestStatesDifferWithoutColour(t *testing.T) {
	grey := map[string]*image.Gray{}
	for _, s := range states {
		f, err := os.Open("icons/" + s + ".png")
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		img, err := png.Decode(f)
		if err != nil {
			t.Fatalf("%s: %v", s, err)
		}
		if size := img.Bounds().Size(); size != image.Pt(48, 48) {
			t.Errorf("%s is %v, want 48 by 48", s, size)
		}
		g := image.NewGray(img.Bounds())
		for y := range 48 {
			for x := range 48 {
				g.Set(x, y, img.At(x, y))
			}
		}
		grey[s] = g
	}
	for i, a := range states {
		for _, b := range states[i+1:] {
			different := 0
			for p, v := range grey[a].Pix {
				if w := grey[b].Pix[p]; max(v, w)-min(v, w) > 40 {
					different++
				}
			}
			if different < 48*48/10 {
				t.Errorf("%s and %s differ in %d of %d points", a, b, different, 48*48)
			}
		}
	}
}

// The program's icon of Windows has every size that its desktop asks for.
func TestIconOfWindowsHasAllSizes(t *testing.T) {
	b, err := os.ReadFile("icons/logboom.ico")
	if err != nil {
		t.Fatal(err)
	}
	var sizes []int
	for i := range int(binary.LittleEndian.Uint16(b[4:])) {
		sizes = append(sizes, int(b[6+16*i]))
	}
	for _, want := range []int{16, 20, 24, 32, 40, 48, 64, 128, 0 /* 256 */} {
		if !slices.Contains(sizes, want) {
			t.Errorf("no size %d in %v", want, sizes)
		}
	}
	big, err := os.ReadFile("icons/logboom-256.png")
	if err != nil {
		t.Fatal(err)
	}
	if c, err := png.DecodeConfig(bytes.NewReader(big)); err != nil || c.Width != 256 || c.Height != 256 {
		t.Errorf("logboom-256.png is %d by %d, %v", c.Width, c.Height, err)
	}
}
