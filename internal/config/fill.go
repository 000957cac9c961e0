package config

import (
	"bytes"
	"fmt"
	"reflect"
	"strings"
)

// Fill returns shipped, the file with every key, with the settings of answers
// in their places: what a setup program asked for, explained as all the rest.
// name is what the errors call answers; they are [Problems], as of [Parse].
// Rules, devices and webhooks, which the shipped file has no place for, are refused.
func Fill(shipped []byte, name string, answers []byte) ([]byte, error) {
	cfg, err := Parse(name, answers)
	if err != nil {
		return nil, err
	}
	if len(cfg.Devices) > 0 || len(cfg.Alerts.Rule) > 0 || len(cfg.Webhooks) > 0 || len(cfg.Telegram.Route) > 0 {
		return nil, fmt.Errorf("%s: rules, routes, devices and webhooks cannot be filled in; write them into the settings afterwards", name)
	}
	var out bytes.Buffer
	section, list := "", false // where we are; in a list of several lines that was replaced
	v := reflect.ValueOf(cfg).Elem()
	for line := range strings.Lines(string(shipped)) {
		text := strings.TrimSpace(line)
		if list {
			list = text != "]"
			continue
		}
		if strings.HasPrefix(text, "[") && strings.HasSuffix(text, "]") {
			section = strings.Trim(text, "[]")
		}
		key, _, isKey := strings.Cut(text, " = ")
		if !isKey || strings.HasPrefix(text, "#") || cfg.origin[section+"."+key] == "" {
			out.WriteString(line)
			continue
		}
		list = strings.HasSuffix(text, "[")
		fmt.Fprintf(&out, "%s = %s\n", key, tomlPlain(setting(v, section, key)))
	}
	return out.Bytes(), nil
}

// setting returns the value of a key that is known.
func setting(v reflect.Value, section, key string) any {
	for name, f := range fields(v.Type()) {
		if name != section {
			continue
		}
		v := v.FieldByIndex(f.Index)
		for name, f := range fields(v.Type()) {
			if name == key {
				return v.FieldByIndex(f.Index).Interface()
			}
		}
	}
	panic("config: no setting " + section + "." + key) // cannot happen: it was parsed
}

// tomlPlain writes a value as tomlValue does, and secrets as they are.
func tomlPlain(value any) string {
	switch value := value.(type) {
	case Secret:
		return tomlText(string(value))
	case URL:
		return tomlText(string(value))
	}
	return tomlValue(value)
}
