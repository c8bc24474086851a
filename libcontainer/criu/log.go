package criu

import (
	"bufio"
	"io"
	"os"
	"strings"

	"golang.org/x/sys/unix"
)

// maxLog bounds how much of a log is read, maxReason what is quoted, in bytes.
const (
	maxLog    = 64 << 20
	maxReason = 600
)

// Reason finds in criu's log why it failed: its first error that says more than how
// a helper of its ended. It is "" if there is none. The log has names that the
// container chose, so only printable characters are quoted.
func Reason(path string) string {
	fd, err := unix.Open(path, unix.O_RDONLY|unix.O_CLOEXEC|unix.O_NONBLOCK|unix.O_NOCTTY|unix.O_NOFOLLOW, 0)
	if err != nil {
		return ""
	}
	f := os.NewFile(uintptr(fd), path)
	defer f.Close()
	if st, err := f.Stat(); err != nil || !st.Mode().IsRegular() {
		return ""
	}
	return reason(io.LimitReader(f, maxLog))
}

// isVague recognises errors that are of no use by themselves: how a helper ended, what a
// dump or a restore came to in the end, and what criu does without.
func isVague(text string) bool {
	return strings.HasPrefix(text, "criu/util.c:") && strings.Contains(text, ": exited, status=") ||
		strings.HasPrefix(text, "criu/cr-dump.c:") || strings.HasPrefix(text, "criu/cr-restore.c:") ||
		strings.HasPrefix(text, "criu/tun.c:")
}

func reason(log io.Reader) string {
	first := ""
	lines := bufio.NewReader(log)
	for {
		line, err := lines.ReadString('\n')
		if text, ok := errorOf(line); ok {
			if !isVague(text) {
				return quote(text)
			}
			if first == "" {
				first = text
			}
		}
		if err != nil {
			return quote(first)
		}
	}
}

// errorOf is what follows the marker of an error:
//
//	(00.126222) Error (criu/net.c:3071): Locking network failed
func errorOf(line string) (string, bool) {
	at := strings.Index(line, "Error (")
	if at < 0 || at > 64 {
		return "", false
	}
	return strings.Replace(strings.TrimSpace(line[at+len("Error ("):]), "): ", ": ", 1), true
}

func quote(text string) string {
	text = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || r >= 0x80 && r < 0xa0 {
			return '?'
		}
		return r
	}, strings.ToValidUTF8(text, "?"))
	if len(text) > maxReason {
		text = strings.ToValidUTF8(text[:maxReason], "") + "..."
	}
	return text
}
