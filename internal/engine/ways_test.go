package engine

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/logboom/logboom/internal/config"
)

func TestWaysAreThoseOfTheSettings(t *testing.T) {
	cfg := testConfig(t, `
[email]
host = "mail.example.com"
from = "logboom@example.com"
to = ["noc@example.com"]
[snmp]
target = "192.0.2.1:162"
version = "3"
send = "inform"
user = "logboom"
auth = "sha256"
auth_password = "long enough"
[[webhook]]
name = "chat"
url = "https://chat.example.com/hooks/secret_marker"
format = "slack"
[[webhook]]
name = "own"
url = "http://192.0.2.1:8000/x"
headers = ["Authorization: Bearer x"]
secret = "y"
`)
	ways, err := Ways(cfg, nil)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, w := range ways {
		got = append(got, w.Name()+" "+w.Target())
	}
	want := `email mail.example.com:587 for noc@example.com
chat chat.example.com as slack
own 192.0.2.1:8000 as json
snmp 192.0.2.1:162, which confirmed it`
	if text := strings.Join(got, "\n"); text != want {
		t.Errorf("got\n%s\nwant\n%s", text, want)
	}
	if none, err := Ways(config.Default(), nil); err != nil || len(none) != 0 {
		t.Errorf("without settings: %v, %v", none, err)
	}
}

// A rule tells those it names, at once, while another way hangs.
func TestRuleTellsTheWebhookItNames(t *testing.T) {
	told, release := make(chan string, 9), make(chan struct{})
	hook := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return
		}
		if r.URL.Path == "/hangs" {
			<-release
			return
		}
		told <- r.URL.Path + " " + string(body)
	}))
	defer hook.Close()
	defer close(release)
	s := start(t, testConfig(t, `
[[webhook]]
name = "one"
url = "`+hook.URL+`/one"
[[webhook]]
name = "two"
url = "`+hook.URL+`/two"
[[webhook]]
name = "hangs"
url = "`+hook.URL+`/hangs"
[[alerts.rule]]
name = "uplink"
query = "uplink lost"
notify = ["hangs", "two"]
`))
	s.send(0, "127.0.0.1", "<131>core-1 IFMGR: uplink lost on xe-0/0/1")
	select {
	case got := <-told:
		if !strings.HasPrefix(got, "/two ") || !strings.Contains(got, `"rule":"uplink"`) || !strings.Contains(got, `"device":"127.0.0.1"`) {
			t.Errorf("told %s", got)
		}
	case <-time.After(20 * time.Second):
		t.Fatal("nobody was told within 20 s")
	}
}
