package cli

import (
	"runtime"
	"syscall"
)

// specVersion is the newest version of the OCI runtime specification that is
// implemented. A constant: specs.Version is formatted when its package starts.
const specVersion = "1.3.0"

// Set by the linker (-X); the values here are those of a plain go build.
var (
	Version = "0.1.0-dev"
	Commit  = "unknown"
)

// WriteVersion answers a command line that only asks for the version, and tells
// whether it was one. It is the first thing main does: engines ask for the
// version of every runtime they know, and no other part of the program is needed.
func WriteVersion(argv []string) bool {
	if len(argv) != 2 {
		return false
	}
	switch argv[1] {
	case "--version", "-version", "-v", "--v":
		_, err := syscall.Write(1, versionText(progName(argv)))
		return err == nil // otherwise the long way reports it
	}
	return false
}

// versionText is what callers parse: docker takes the last line that contains
// the word "version", containerd and nerdctl the first line, which must begin
// with "runc version" where the program is called runc.
func versionText(name string) []byte {
	return []byte(name + " version " + Version +
		"\ncommit: " + Commit +
		"\nspec: " + specVersion +
		"\ngo: " + runtime.Version() + "\n")
}
