package main

import (
	"errors"
	"strconv"

	"github.com/spf13/pflag"
)

// flagError says which values a flag accepts, where the parser of flags says
// which function could not read the one that was given.
func flagError(err error) error {
	var wrong *pflag.InvalidValueError
	if !errors.As(err, &wrong) {
		return err
	}
	f := wrong.GetFlag()
	accepted := ""
	switch f.Value.Type() {
	case "int", "int64":
		accepted = "a whole number, as in --" + f.Name + " " + f.DefValue
	case "float64":
		accepted = "a number, as in --" + f.Name + " 2.5"
	case "duration":
		accepted = "a time with its unit: 30s, 5m, 1h30m"
	case "bool":
		accepted = "true or false, or the flag alone"
	default:
		return err
	}
	if errors.Is(err, strconv.ErrRange) {
		return usage("--%s %s: too large or too small; expected %s", f.Name, wrong.GetValue(), accepted)
	}
	return usage("--%s %q: expected %s", f.Name, wrong.GetValue(), accepted)
}
