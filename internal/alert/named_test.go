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
		"dying gasp received from ONU 0/2:9 Toko-cleared":                              true,
		"dying gasp received from ONU 0/2:9 Toko_7_recovered":                          true,
		"dying gasp received from ONU 0/2:9 test-toko":                                 true,
		"dying gasp received from ONU 0/2:9 toko@mail":                                 true,
		"ONU Toko-cleared 0/2:9 dying gasp received":                                   true,
		"dying gasp received from ONU 0/2:9 [cleared]":                                 true,
		"dying gasp received from ONU 0/2:9 <cleared>":                                 true,
		"dying gasp received from ONU 0/2:9 'cleared'":                                 true,
		`dying gasp received from ONU 0/2:9 "Toko cleared"`:                            true,
		"ONU 'cleared' deregister 0/2:9":                                               true,
		"ONU 'link up' deregister 0/2:9":                                               true,
		`ONU deregister 0/2:9 name="Toko" cleared`:                                     true,
		"ONU deregister 0/2:9 name=Toko cleared":                                       true,
		"ONU 0/2:9 customer Toko recovered dying gasp":                                 true,
		"dying gasp received from ONU 0/2:9 cleared":                                   false,
		"dying gasp received from ONU 0/2:9 (cleared)":                                 false,
		"dying gasp [cleared] ONU 0/2:9":                                               false,
		"dying gasp alarm-cleared ONU 0/2:9":                                           false,
		"dying gasp, ONU 0/2:9, name=Toko, cleared":                                    false,
		"dying gasp, ONU 0/2:9 name=Toko alarm cleared":                                false,
		"LOS on ONU name 0/2:9 cleared":                                                false,
		`dying gasp, ONU 0/2:9, state="cleared"`:                                       false,
		"%GPON-5-XYZ_LOS_CLEARED: ONU 0/2:9 lost":                                      false,
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
	}{{"ONU 0/2:9 -recovered- dying-gasp", false}, {"ONU 0/2:9 (recovered) dying-gasp", true}, {"ONU 0/2:9 -recovered- dying-gasp", false},
		{"ONU 0/2:9 Toko recovered dying-gasp", false}, {"ONU 0/2:9 Toko-recovered dying-gasp", true}, {"ONU 0/2:9 Toko recovered dying-gasp", false}} {
		if _, got := m.find(&s, []byte(tt.text)); got != tt.want {
			t.Errorf("%q alarms: %v", tt.text, got)
		}
	}
}

// TestNamesOfClientsRaiseNothing holds that what a client of a radio calls
// itself is no alarm of the radio, and that the radio's own still is.
func TestNamesOfClientsRaiseNothing(t *testing.T) {
	m := shippedMatcher(t)
	for text, want := range map[string]bool{
		"02:00:00:AA:00:07@wlan1: connected, loop detected":                             false,
		"hostapd: wlan0: STA 02:00:00:aa:00:07 IEEE 802.11: associated name fan failed": false,
		"wlan0: STA 02:00:00:aa:00:07 WPA: authenticated, power supply failed":          false,
		"loop detected on wlan1":                         true,
		"uplink wlan1 disconnected, loop detected":       true,
		"loop detected, port 7 is connected to a switch": true,
	} {
		var s scan
		if _, got := m.find(&s, []byte(text)); got != want {
			t.Errorf("%q alarms: %v", text, got)
		}
	}
}
