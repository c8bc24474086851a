package spec

import (
	"slices"
	"strings"

	"github.com/opencontainers/runtime-spec/specs-go"
)

// invalidID is (uid_t)-1, which system calls take as "do not change".
const invalidID = 1<<32 - 1

// process: what to run and how, for create and for exec.
func (k *checker) process(p *specs.Process) {
	if p == nil {
		k.fail("process", "is missing, want an object with args and cwd")
		return
	}
	k.args(p)
	k.env("process.env", p.Env)
	k.console(p)
	k.ids(&p.User)
	k.capabilities(p.Capabilities)
	k.rlimits(p.Rlimits)
	k.scheduler(p.Scheduler)
	k.ioPriority(p.IOPriority)
	k.execCPUAffinity(p.ExecCPUAffinity)
	if a := p.OOMScoreAdj; a != nil && (*a < -1000 || *a > 1000) {
		k.fail("process.oomScoreAdj", "got %d, want a number from -1000 to 1000", *a)
	}
}

// args: process.args and process.cwd.
func (k *checker) args(p *specs.Process) {
	if len(p.Args) == 0 {
		k.fail("process.args", `is empty, want at least the program to run, such as ["sh"]`)
	} else if p.Args[0] == "" {
		// Engines look for this text to tell a command that does not
		// exist from other failures.
		k.fail("process.args[0]", `exec: "": executable file not found in $PATH`)
	}
	if p.Cwd == "" {
		k.fail("process.cwd", `is missing, want an absolute path, such as "/"`)
	} else if p.Cwd[0] != '/' {
		k.fail("process.cwd", "got %q, want an absolute path", p.Cwd)
	}
	k.length("process.cwd", p.Cwd)
}

// env: process.env.
func (k *checker) env(field string, env []string) {
	for i, e := range env {
		if problem := envProblem(e); problem != "" {
			k.fail(member(field, i, ""), "got %q %s, want NAME=value", excerpt(e, 60), problem)
		}
	}
}

// envProblem returns what is wrong with one entry of an environment, "" if
// nothing is.
func envProblem(e string) string {
	switch strings.IndexByte(e, '=') {
	case -1:
		return "without a '='"
	case 0:
		return "without a name"
	}
	return ""
}

// console: process.consoleSize, in the 16 bits that struct winsize has.
func (k *checker) console(p *specs.Process) {
	if p.ConsoleSize == nil {
		return
	}
	if !p.Terminal {
		k.warn("process.consoleSize", "is ignored, because process.terminal is not true")
	}
	for _, n := range [...]struct {
		field string
		value uint
	}{
		{"process.consoleSize.height", p.ConsoleSize.Height},
		{"process.consoleSize.width", p.ConsoleSize.Width},
	} {
		if n.value > 1<<16-1 {
			k.fail(n.field, "got %d, want at most 65535", n.value)
		}
	}
}

// ids: process.user, as far as it does not depend on a user namespace.
func (k *checker) ids(u *specs.User) {
	k.id("process.user.uid", u.UID)
	k.id("process.user.gid", u.GID)
	if u.Umask != nil && *u.Umask > 0o777 {
		k.fail("process.user.umask", "got %d, want at most 511 (octal 0777)", *u.Umask)
	}
	if n := len(u.AdditionalGids); n > 1<<16 {
		k.fail("process.user.additionalGids", "got %d groups, want at most 65536", n)
	}
	for i, gid := range u.AdditionalGids {
		if gid == invalidID {
			k.id(member("process.user.additionalGids", i, ""), gid)
		}
	}
}

func (k *checker) id(field string, id uint32) {
	if id == invalidID {
		k.fail(field, "got %d, which the kernel reserves, want at most %d", id, uint32(invalidID-1))
	}
}

// user: the ids of the process must be mapped in the container's user namespace;
// setresuid(2) and setgroups(2) refuse others.
func (k *checker) user(p *specs.Process) {
	if p == nil || k.namespace(specs.UserNamespace) == nil {
		return
	}
	l := k.linux
	k.mapped("process.user.uid", p.User.UID, "linux.uidMappings", l.UIDMappings)
	k.mapped("process.user.gid", p.User.GID, "linux.gidMappings", l.GIDMappings)
	for i, gid := range p.User.AdditionalGids {
		if !isMapped(gid, l.GIDMappings) {
			k.mapped(member("process.user.additionalGids", i, ""), gid, "linux.gidMappings", l.GIDMappings)
		}
	}
}

func (k *checker) mapped(field string, id uint32, mapsField string, maps []specs.LinuxIDMapping) {
	if len(maps) > 0 && !isMapped(id, maps) {
		k.fail(field, "got %d, want an id of the container that %s maps", id, mapsField)
	}
}

// rlimitNames are those of getrlimit(2), in the order of their numbers.
var rlimitNames = []string{
	"RLIMIT_CPU", "RLIMIT_FSIZE", "RLIMIT_DATA", "RLIMIT_STACK", "RLIMIT_CORE", "RLIMIT_RSS",
	"RLIMIT_NPROC", "RLIMIT_NOFILE", "RLIMIT_MEMLOCK", "RLIMIT_AS", "RLIMIT_LOCKS", "RLIMIT_SIGPENDING",
	"RLIMIT_MSGQUEUE", "RLIMIT_NICE", "RLIMIT_RTPRIO", "RLIMIT_RTTIME",
}

// rlimits: process.rlimits.
func (k *checker) rlimits(limits []specs.POSIXRlimit) {
	for i, l := range limits {
		if !slices.Contains(rlimitNames, l.Type) {
			oneOf(k, member("process.rlimits", i, ".type"), l.Type, rlimitNames)
			continue
		}
		if l.Soft > l.Hard {
			k.fail(member("process.rlimits", i, ".soft"), "got %d for %s, want at most the hard limit, %d", l.Soft, l.Type, l.Hard)
		}
		for _, earlier := range limits[:i] {
			if earlier.Type == l.Type {
				k.fail(member("process.rlimits", i, ".type"), "got %q twice, want each limit once", l.Type)
				break
			}
		}
	}
}
