package login

// own does nothing: the file has the rights of its folder, which the installer
// gives to the server and to administrators.
func own(file, folder string) error { return nil }
