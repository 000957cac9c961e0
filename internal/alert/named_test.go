package alert

import "testing"

// TestNamesDoNotSilenceAlarms holds that what a subscriber chose to be called
// is not taken for the end of a trouble, and that what says so still is.
func TestNamesDoNotSilenceAlarms(t *testing.T) {
	m := shippedMatcher(t)
	for text, want := range map[string]bool{
		"rogue ONU found on PON 0/2, suspect is 0/2:11, loid cleared":                  true,
		"rogue ONU found on PON 0/2, suspect is 0/2:11, loid test":                     true,
		"rogue ONU found on PON 0/2, suspect is 0/2:11, LOID: restored":                true,
		`rogue ONU found on PON 0/2, suspect is 0/2:11, loid "my test", pw x`:          true,
		`rogue ONU found on PON 0/2, name="link up"`:                                   true,
		"rogue ONU found on PON 0/2, sn recovered":                                     true,
		"rogue ONU found on PON 0/2, user=http":                                        true,
		"rogue ONU found on PON 0/2, desc <enabled>":                                   true,
		"ONU 0/2/1:9 (recovered) dying-gasp":                                           true,
		"ONU 0/2/1:9 [a0:b1:c2:d3:e4:f5] [is ok] dying-gasp":                           true,
		"ONU 0/2/1:9 name cleared deregister ":                                         true,
		"ONU 0/2:9 (test) linkdown":                                                    true,
		"rogue ONU found on PON 0/2, suspect is 0/2:11, cleared":                       false,
		"ONU 0/2/1:9 dying-gasp (recovered)":                                           false,
		"ONU 0/2/1:9 dying-gasp on PON 0/2 (recovered)":                                false,
		"ONU 0/2/1:9 recovered from dying-gasp":                                        false,
		"[recovered] ONU 0/2/1:9 dying-gasp":                                           false,
		"ONU 0/2/1:9 dying-gasp, state: cleared":                                       false,
		"ONU 0/2/1:9 dying-gasp alarm: cleared":                                        false,
		`{"alarm":"dying-gasp","onu":"0/2/1:9","severity":"cleared"}`:                  false,
		"ONU 0/3:9 name set to LOS-CAFE":                                               false,
		"loid cleared on ONU 0/2:11, rogue ONU alarm cleared":                          false,
		"OLT power supply 2 in slot 1 (status 3) is ok, fault cleared at port 7 (now)": false,
	} {
		var s scan
		if _, got := m.find(&s, []byte(text)); got != want {
			t.Errorf("%q alarms: %v", text, got)
		}
	}
}

// TestVerdictsTellNames holds that a text is not judged by what is remembered
// of one that has the same words at the same distances, but not as a name.
func TestVerdictsTellNames(t *testing.T) {
	m := shippedMatcher(t)
	var s scan
	for _, tt := range []struct {
		text string
		want bool
	}{{"ONU 0/2:9 -recovered- dying-gasp", false}, {"ONU 0/2:9 (recovered) dying-gasp", true}, {"ONU 0/2:9 -recovered- dying-gasp", false}} {
		if _, got := m.find(&s, []byte(tt.text)); got != tt.want {
			t.Errorf("%q alarms: %v", tt.text, got)
		}
	}
}
