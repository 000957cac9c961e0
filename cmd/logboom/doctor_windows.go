package main

import "golang.org/x/sys/windows"

const errPortInUse = windows.WSAEADDRINUSE
