package console

import (
	"slices"
	"strings"
	"testing"
)

func TestEquipmentOfTheDocuments(t *testing.T) {
	all := equipment()
	seen := map[string]bool{}
	for _, e := range all {
		if e.Name == "" || seen[e.Name] || len(e.Steps) == 0 {
			t.Errorf("%q has no name of its own, or no steps", e.Name)
		}
		seen[e.Name] = true
		text := ""
		for _, s := range e.Steps {
			text += s.Text + s.Lines
			if (s.Text == "") == (s.Lines == "") || strings.Contains(s.Text+s.Lines, "```") || strings.Contains(s.Text, "\n") {
				t.Errorf("%s: step %+v", e.Name, s)
			}
		}
		if !strings.Contains(text, "SERVER") {
			t.Errorf("%s: nowhere stands where to", e.Name)
		}
	}
	for _, vendor := range []string{
		"Huawei OLT", "VRP", "ZTE OLT", "V-SOL", "HIOSO", "HSGQ", "BDCOM", "C-Data", "Cisco IOS", "Juniper", "MikroTik", "Ubiquiti", "Fortinet", "Linux", "Windows",
	} {
		if !slices.ContainsFunc(all, func(e Equipment) bool { return strings.Contains(e.Name, vendor) }) {
			t.Errorf("nothing tells how to set up %s", vendor)
		}
	}
	huawei := all[0].Steps
	if len(huawei) != 2 || !strings.HasPrefix(huawei[0].Lines, "enable\nconfig\nloghost add SERVER logboom\n") || !strings.HasPrefix(huawei[1].Text, "Without `syslog") {
		t.Errorf("%s: %+v", all[0].Name, huawei)
	}
}

func TestStepsOfABrokenPage(t *testing.T) {
	for _, text := range []string{"", "```", "text\n```\n```\n```", "```text\na", "\x00```\u202e"} {
		for _, s := range steps(text) {
			if s.Text == "" && s.Lines == "" {
				t.Errorf("%q has an empty step", text)
			}
		}
	}
}

func TestSetup(t *testing.T) {
	o := options()
	o.Targets = func() []Target { return []Target{{Protocol: "udp", Host: "192.0.2.1", Port: 1514}} }
	got := decode[setup](t, get(made(t, o), "/api/v1/devices/setup"))
	if len(got.Targets) != 1 || len(got.Equipment) != len(equipment()) {
		t.Errorf("%+v", got)
	}
}
