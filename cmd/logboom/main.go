// Command logboom is a syslog server for people who run networks: it receives
// syslog, keeps it in SQLite files, one per day, and tells people on Telegram
// when something happens that they must act on.
//
// "logboom run" is the server; "logboom --help" lists the rest.
package main

import "os"

// version is set by the linker (make build).
var version = "dev"

func main() {
	a := &app{version: version, stdin: os.Stdin, stdout: os.Stdout, stderr: os.Stderr}
	os.Exit(a.main(os.Args[1:]))
}
