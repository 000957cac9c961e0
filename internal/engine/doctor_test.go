package engine

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/logboom/logboom/internal/config"
	"github.com/logboom/logboom/internal/state"
)

func TestDoctorDoesNotCallAFullDiskFine(t *testing.T) {
	tests := []struct {
		name          string
		minFree, free int64
		mark          byte
	}{
		{"full", 0, 0, Bad},
		{"little", 0, 50 << 20, Bad},
		{"soon little", 0, 1500 << 20, Worth},
		{"enough", 0, 50 << 30, Good},
		{"less than is to stay free", 2 << 30, 1 << 30, Bad},
		{"soon less", 2 << 30, 3 << 30, Worth},
		{"as much as is to stay free, twice", 2 << 30, 4 << 30, Good},
	}
	for _, tt := range tests {
		d := &Doctor{Config: config.Default()}
		d.Config.Retention.MinFree = config.Size(tt.minFree)
		d.room(tt.free, 100<<30, true)
		if f := d.Found[0]; len(d.Found) != 1 || f.Mark != tt.mark || (f.Todo == "") != (tt.mark == Good) {
			t.Errorf("%s: %+v, want %c and advice", tt.name, f, tt.mark)
		}
	}
}

func TestDoctorTellsLossesFromWhatNobodyWanted(t *testing.T) {
	tests := []struct {
		name    string
		dropped map[string]int64
		want    string // marks and parts
	}{
		{"nothing", nil, "+losses"},
		{"a loss", map[string]int64{"kernel": 2}, "!losses"},
		{"refused and cut", map[string]int64{"refused": 2, "oversize": 1}, "+losses !not wanted"},
		{"all of it", map[string]int64{"queue": 1, "refused": 2}, "!losses !not wanted"},
	}
	for _, tt := range tests {
		d := &Doctor{Config: config.Default()}
		d.Losses([]state.LedgerRow{{Received: 10, Stored: 7, Dropped: tt.dropped}})
		var got []string
		for _, f := range d.Found {
			got = append(got, string(f.Mark)+f.What)
		}
		if s := strings.Join(got, " "); s != tt.want {
			t.Errorf("%s: %s, want %s", tt.name, s, tt.want)
		}
	}
}

func TestDoctorMeetsAProxyThatWantsALogin(t *testing.T) {
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusProxyAuthRequired) }))
	defer proxy.Close()
	for _, api := range []string{"http://192.0.2.1", "https://192.0.2.1"} {
		cfg := config.Default()
		cfg.Telegram.APIURL, cfg.Telegram.Proxy = config.URL(api), config.URL(proxy.URL)
		if err := reach(t.Context(), cfg); err == nil || !strings.Contains(strings.ToLower(err.Error()), "proxy") {
			t.Errorf("%s: %v", api, err)
		}
	}
}
