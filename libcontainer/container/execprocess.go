package container

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"rt/libcontainer/internal/sys"
	"rt/libcontainer/spec"

	specs "github.com/opencontainers/runtime-spec/specs-go"
)

// execProcess is the process that exec runs: that of process.json, or the
// container's own with what the flags change. What only makes sense for the
// container's own process is not taken over.
func (rt *Runtime) execProcess(own *specs.Process, o *ExecOptions) (*specs.Process, error) {
	var p *specs.Process
	if o.ProcessFile != "" {
		data, err := sys.ReadFile(o.ProcessFile, maxConfig)
		if err != nil {
			return nil, err
		}
		var unknown []string
		if p, unknown, err = spec.ParseProcess(data); err != nil {
			return nil, fmt.Errorf("%s: %w", o.ProcessFile, err)
		}
		for _, key := range unknown {
			rt.warn(key + ": unknown, and ignored")
		}
	} else {
		copied := *own
		p = &copied
		if err := applyFlags(p, o); err != nil {
			return nil, err
		}
	}
	for _, problem := range spec.ValidateProcess(p) {
		switch {
		case !problem.Warning:
			return nil, errors.New(problem.String())
		case o.ProcessFile != "": // what the container's own has was said at create
			rt.warn(problem.String())
		}
	}
	switch {
	case p.Terminal && o.Detach && o.ConsoleSocket == "":
		return nil, errors.New("process.terminal is true: exec --detach needs a console socket to send the terminal to, given by --console-socket")
	case o.ConsoleSocket != "" && !p.Terminal:
		return nil, errors.New("--console-socket: there is no terminal to send; want --tty or process.terminal true")
	case o.ConsoleSocket != "" && !o.Detach:
		return nil, errors.New("--console-socket is for --detach; in the foreground the terminal is the caller's")
	case p.Terminal && !o.Detach && p.ConsoleSize == nil:
		p.ConsoleSize = callersSize() // from the first: the process may ask at once
	}
	return p, nil
}

func applyFlags(p *specs.Process, o *ExecOptions) error {
	if len(o.Args) == 0 {
		return errors.New("exec: the command is missing")
	}
	p.Args, p.Terminal, p.ConsoleSize = o.Args, o.Tty, nil
	if o.Cwd != "" {
		p.Cwd = o.Cwd
	}
	p.Env = append(append([]string{}, p.Env...), o.Env...)
	if o.User != "" {
		if err := parseUser(&p.User, o.User); err != nil {
			return err
		}
	}
	p.User.AdditionalGids = append(append([]uint32{}, p.User.AdditionalGids...), o.AdditionalGids...)
	if o.NoNewPrivs {
		p.NoNewPrivileges = true
	}
	if o.AppArmor != "" {
		p.ApparmorProfile = o.AppArmor
	}
	if o.ProcessLabel != "" {
		p.SelinuxLabel = o.ProcessLabel
	}
	if len(o.Caps) > 0 {
		p.Capabilities = withCapabilities(p.Capabilities, o.Caps)
	}
	return nil
}

// parseUser reads UID[:GID]. Every id is a plain decimal number: nothing else may
// end up as some user, least of all as 0.
func parseUser(u *specs.User, text string) error {
	uid, gid, both := strings.Cut(text, ":")
	id, err := parseID(uid)
	if err != nil {
		return fmt.Errorf("--user %s: %w", text, err)
	}
	u.UID = id
	if both {
		if id, err = parseID(gid); err != nil {
			return fmt.Errorf("--user %s: %w", text, err)
		}
		u.GID = id
	}
	return nil
}

func parseID(text string) (uint32, error) {
	const most = 1<<32 - 2 // the highest number means no id
	plain := text != "" && strings.Trim(text, "0123456789") == ""
	id, err := strconv.ParseUint(text, 10, 32)
	if !plain || err != nil || id > most {
		return 0, fmt.Errorf("got %q, want UID or UID:GID, numbers from 0 to %d", text, uint32(most))
	}
	return uint32(id), nil
}

// withCapabilities adds names to every set that gives a process capabilities.
func withCapabilities(c *specs.LinuxCapabilities, names []string) *specs.LinuxCapabilities {
	if c == nil {
		c = &specs.LinuxCapabilities{}
	}
	add := func(list []string) []string { return append(append([]string{}, list...), names...) }
	return &specs.LinuxCapabilities{
		Bounding: add(c.Bounding), Effective: add(c.Effective), Permitted: add(c.Permitted),
		Inheritable: c.Inheritable, Ambient: c.Ambient,
	}
}

// homeInRoot is the user's home directory by the container's own passwd file.
func homeInRoot(root string, p *specs.Process) string {
	for _, kv := range p.Env {
		if strings.HasPrefix(kv, "HOME=") {
			return ""
		}
	}
	return homeOf(string(readPasswd(openInRootfs(root, "/etc/passwd"))), p.User.UID)
}

// keepDescriptors makes every descriptor but stdio close with execve(2): what the
// caller left open, knowingly or not, is not for hooks. Those to preserve are
// handed to the container one by one.
func keepDescriptors() error {
	return os.NewSyscallError("close_range", unix.CloseRange(3, 1<<31-1, unix.CLOSE_RANGE_CLOEXEC))
}

// checkDescriptors checks that the first n descriptors after stderr are open. A
// caller's descriptor that survived execve(2) is not close-on-exec.
func checkDescriptors(n, asked int) error {
	for fd := 3; fd < 3+n; fd++ {
		flags, err := unix.FcntlInt(uintptr(fd), unix.F_GETFD, 0)
		if err != nil || flags&unix.FD_CLOEXEC != 0 {
			return fmt.Errorf("--preserve-fds %d: descriptor %d is not open", asked, fd)
		}
	}
	return nil
}
