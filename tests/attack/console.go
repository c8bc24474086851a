package main

import (
	"os"

	"golang.org/x/sys/unix"
)

// consoleSocket accepts what the runtime sends, after the fact: the messages wait in
// the socket.
type consoleSocket struct {
	path string
	fd   int
}

func listenConsole(path string) (*consoleSocket, error) {
	os.Remove(path)
	fd, err := unix.Socket(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, err
	}
	if err := unix.Bind(fd, &unix.SockaddrUnix{Name: path}); err != nil {
		return nil, err
	}
	return &consoleSocket{path, fd}, unix.Listen(fd, 8)
}

func (c *consoleSocket) close() {
	unix.Close(c.fd) // and with it what nobody has accepted
	os.Remove(c.path)
}
