package notify

import (
	"os"
	"regexp"
	"strings"
	"testing"
)

// What is sent and what docs/LOGBOOM-MIB.txt describes have the same numbers.
func TestMIBNamesWhatIsSent(t *testing.T) {
	b, err := os.ReadFile("../../docs/LOGBOOM-MIB.txt")
	if err != nil {
		t.Fatal(err)
	}
	text := string(b)
	if !strings.Contains(text, "{ enterprises 8072 }") || !strings.Contains(text, "{ playpen 514 }") || oidLogboom != ".1.3.6.1.4.1.8072.9999.9999.514" {
		t.Errorf("the root of the MIB is not %s", oidLogboom)
	}
	parents := map[string]string{"logboomNotifications": oidLogboom + ".0.", "logboomObjects": oidLogboom + ".1."}
	got := map[string]string{}
	for _, m := range regexp.MustCompile(`(?s)\n(logboom\w+) (?:OBJECT|NOTIFICATION)-TYPE.*?::= \{ (\w+) (\d+) \}`).FindAllStringSubmatch(text, -1) {
		got[m[1]] = parents[m[2]] + m[3]
	}
	want := map[string]string{"logboomAlert": oidAlert, "logboomClear": oidClear, "logboomDigest": oidDigest, "logboomTest": oidTest}
	for name, oid := range map[string]string{
		"logboomTitle": oidTitle, "logboomSeverity": oidSeverity, "logboomState": oidState, "logboomDevice": oidDevice, "logboomDeviceName": oidName,
		"logboomSite": oidSite, "logboomRule": oidRule, "logboomText": oidText, "logboomCount": oidCount, "logboomTime": oidTime, "logboomIncident": oidIncident,
	} {
		want[name] = strings.TrimSuffix(oid, ".0")
	}
	for name, oid := range want {
		if got[name] != oid {
			t.Errorf("%s is %s in the MIB, %s is sent", name, got[name], oid)
		}
	}
	if len(got) != len(want) {
		t.Errorf("%d objects in the MIB, %d are sent", len(got), len(want))
	}
}
