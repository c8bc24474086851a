package container

import (
	"io"
	"os"
	"sync"
	"time"

	specs "github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"
)

// terminalProxy carries bytes between the caller's terminal and the container's.
type terminalProxy struct {
	master *os.File
	saved  *unix.Termios // of the caller's stdin; nil if that is no terminal
	output chan struct{} // closed when everything was copied out
	once   sync.Once
}

// proxyTerminal puts the caller's terminal into raw mode and starts copying. If
// stdin is no terminal it is copied as it is.
func proxyTerminal(master *os.File) (*terminalProxy, error) {
	t := &terminalProxy{master: master, output: make(chan struct{})}
	if old, err := unix.IoctlGetTermios(0, unix.TCGETS); err == nil {
		raw := *old
		raw.Iflag &^= unix.IGNBRK | unix.BRKINT | unix.PARMRK | unix.ISTRIP | unix.INLCR | unix.IGNCR | unix.ICRNL | unix.IXON
		raw.Oflag &^= unix.OPOST
		raw.Lflag &^= unix.ECHO | unix.ECHONL | unix.ICANON | unix.ISIG | unix.IEXTEN
		raw.Cflag = raw.Cflag&^(unix.CSIZE|unix.PARENB) | unix.CS8
		raw.Cc[unix.VMIN], raw.Cc[unix.VTIME] = 1, 0
		if err := unix.IoctlSetTermios(0, unix.TCSETS, &raw); err != nil {
			return nil, os.NewSyscallError("tcsetattr", err)
		}
		t.saved = old
	}
	t.resize()
	go func() {
		_, _ = io.Copy(os.Stdout, master) // ends with EIO when the last slave closes
		close(t.output)
	}()
	go func() { _, _ = io.Copy(master, os.Stdin) }()
	return t, nil
}

// resize gives the container's terminal the size of the caller's.
func (t *terminalProxy) resize() {
	if size, err := unix.IoctlGetWinsize(0, unix.TIOCGWINSZ); err == nil {
		_ = unix.IoctlSetWinsize(int(t.master.Fd()), unix.TIOCSWINSZ, size)
	}
}

// callersSize is the size of the caller's terminal; nil if stdin is none.
func callersSize() *specs.Box {
	size, err := unix.IoctlGetWinsize(0, unix.TIOCGWINSZ)
	if err != nil || size.Row == 0 || size.Col == 0 {
		return nil
	}
	return &specs.Box{Height: uint(size.Row), Width: uint(size.Col)}
}

// drainTime bounds the wait for the last output when someone else still holds
// the terminal open.
const drainTime = 2 * time.Second

// drain waits until what the container has written is copied.
func (t *terminalProxy) drain() {
	if t == nil {
		return
	}
	select {
	case <-t.output:
	case <-time.After(drainTime):
	}
}

// restore gives the caller's terminal its settings back.
func (t *terminalProxy) restore() {
	if t == nil {
		return
	}
	t.once.Do(func() {
		if t.saved != nil {
			_ = unix.IoctlSetTermios(0, unix.TCSETS, t.saved)
		}
	})
}
