// Package optable is the one definition of the plan language: every operation,
// the lanes it may run in and the kinds of its operands.
//
// Package plan's constructors, the C enum and the C decoder's operand table are
// generated from it (go generate ./libcontainer/plan), so that Go and C cannot
// disagree about what an operation looks like.
package optable

// Kind is the kind of one operand. The C decoder checks an operand by its kind
// before any operation runs; a handler never sees an unchecked one.
type Kind uint8

const (
	Int   Kind = iota // a number, printed in decimal
	Oct               // a number, printed in octal: modes
	Hex               // a number, printed in hex: flags
	Fd                // a slot that is read; plan.None and plan.Cwd are allowed
	Dst               // a slot that is written; what it held before is closed
	Str               // a NUL-terminated string
	Strs              // a list of strings, laid out as an argv; two words
	Bytes             // an opaque buffer with its length; two words
)

// Words is the number of 64-bit operand words a kind takes in a record.
func (k Kind) Words() int {
	if k == Strs || k == Bytes {
		return 2
	}
	return 1
}

// MaxWords is the number of operand words in an encoded record.
const MaxWords = 8

// Lanes an operation may run in.
const (
	Parent = 1 << iota // by the Go process that was called
	Init               // by the C stage, in the container
	Both               // a message from one to the other
)

// Arg is one operand of an operation.
type Arg struct {
	Name string
	Kind Kind
}

// Def defines one operation.
type Def struct {
	Name  string // snake case; the kernel's name where it is one system call
	Lanes int
	Doc   string // what it does; completes "Name ..."
	Args  []Arg
}

func a(name string, k Kind) Arg { return Arg{name, k} }

// Defs is the language. The position of a definition is its opcode; opcode 0 is
// invalid on purpose, so that zeroed memory is not a program.
var Defs = []Def{
	{Name: "invalid", Doc: "is never encoded."},

	// Messages between the lanes.
	{"arrive", Both, "tells the parent that init is here, with the descriptor fd if it is not none; the parent stores that in fd.", []Arg{a("name", Str), a("fd", Fd)}},
	{"release", Both, "makes init wait until the parent is here; the parent sends count descriptors from the slots starting at first and closes its own.", []Arg{a("name", Str), a("first", Dst), a("count", Int)}},

	// The process and its namespaces.
	{"spawn", Parent, "starts the C stage in the caller's namespaces.", nil},
	{"prctl", Init, "is prctl(2).", []Arg{a("option", Int), a("arg2", Int), a("arg3", Int), a("arg4", Int), a("arg5", Int)}},
	{"unshare", Init, "is unshare(2).", []Arg{a("flags", Hex)}},
	{"setns", Init, "is setns(2).", []Arg{a("fd", Fd), a("nstype", Hex)}},
	{"fork_into", Init, "forks init as a child of the parent, in the cgroup v2 directory cgroup if it is not none; reports its pid and ends the stage.", []Arg{a("cgroup", Fd)}},
	{"setsid", Init, "is setsid(2).", nil},
	{"setresuid", Init, "sets the three user ids.", []Arg{a("uid", Int)}},
	{"setresgid", Init, "sets the three group ids.", []Arg{a("gid", Int)}},
	{"setgroups", Init, "is setgroups(2); groups is an array of native 32-bit ids.", []Arg{a("groups", Bytes)}},
	{"umask", Init, "is umask(2).", []Arg{a("mask", Oct)}},
	{"sethostname", Init, "is sethostname(2).", []Arg{a("name", Str)}},
	{"setdomainname", Init, "is setdomainname(2).", []Arg{a("name", Str)}},
	{"loopback", Init, "brings up the interface lo.", nil},
	{"keyring", Init, "gives the process a new session keyring.", nil},
	{"personality", Init, "is personality(2).", []Arg{a("persona", Hex)}},
	{"mempolicy", Init, "is set_mempolicy(2); nodes is a bit mask.", []Arg{a("mode", Hex), a("nodes", Bytes)}},
	{"rlimit", Init | Parent, "sets a resource limit of init; in the parent lane from outside.", []Arg{a("resource", Int), a("soft", Int), a("hard", Int)}},
	{"scheduler", Init, "is sched_setattr(2); attr is a struct sched_attr.", []Arg{a("attr", Bytes)}},
	{"ioprio", Init, "is ioprio_set(2) for the caller.", []Arg{a("value", Hex)}},
	{"affinity", Init, "is sched_setaffinity(2); cpus is a bit mask.", []Arg{a("cpus", Bytes)}},
	{"capbset", Init, "drops every capability outside keep from the bounding set.", []Arg{a("keep", Hex)}},
	{"capset", Init, "is capset(2).", []Arg{a("effective", Hex), a("permitted", Hex), a("inheritable", Hex)}},
	{"ambient", Init, "clears the ambient set and raises the capabilities in raise.", []Arg{a("raise", Hex)}},
	{"seccomp", Init, "loads a filter; with SECCOMP_FILTER_FLAG_NEW_LISTENER dst is the listener.", []Arg{a("dst", Dst), a("flags", Hex), a("filter", Bytes)}},

	// Descriptors and files.
	{"open", Init | Parent, "is openat2(2).", []Arg{a("dst", Dst), a("dir", Fd), a("path", Str), a("flags", Hex), a("mode", Oct), a("resolve", Hex)}},
	{"close", Init | Parent, "is close(2).", []Arg{a("fd", Fd)}},
	{"cloexec_from", Init, "marks every descriptor from first on close-on-exec.", []Arg{a("first", Int)}},
	{"dup2", Init, "is dup2(2) to the descriptor number newfd.", []Arg{a("fd", Fd), a("newfd", Int)}},
	{"write", Init, "writes data to fd in one call.", []Arg{a("fd", Fd), a("data", Bytes)}},
	{"write_at", Init, "opens the existing file path beneath dir, crossing no link and no mount, and writes data in one call.", []Arg{a("dir", Fd), a("path", Str), a("data", Bytes)}},
	{"fchown", Init, "is fchownat(2) on fd itself.", []Arg{a("fd", Fd), a("uid", Int), a("gid", Int)}},
	{"fsetxattr", Init, "is fsetxattr(2).", []Arg{a("fd", Fd), a("name", Str), a("data", Bytes)}},
	{"stdio_owner", Init, "gives descriptors 0 to 2 to uid, except null devices and files that cannot change owner.", []Arg{a("uid", Int)}},
	{"mkpath", Init, "resolves path below root and makes what is missing; parts is each prefix of path followed by its last component; flags: 1 the leaf is a file, 2 no symbolic link is followed.", []Arg{a("dst", Dst), a("root", Fd), a("path", Str), a("parts", Strs), a("mode", Oct), a("flags", Hex)}},
	{"symlinkat", Init, "is symlinkat(2); an existing path is left as it is.", []Arg{a("target", Str), a("dir", Fd), a("path", Str)}},
	{"devnode", Init, "makes a device, FIFO or socket node; an existing one must be the same device.", []Arg{a("dir", Fd), a("path", Str), a("mode", Oct), a("dev", Hex), a("uid", Int), a("gid", Int)}},

	// Mounts.
	{"fsopen", Init | Parent, "is fsopen(2).", []Arg{a("dst", Dst), a("fstype", Str)}},
	{"fsset", Init | Parent, "sets a string parameter of a file system.", []Arg{a("fs", Fd), a("key", Str), a("value", Str)}},
	{"fsflag", Init | Parent, "sets a flag parameter of a file system.", []Arg{a("fs", Fd), a("key", Str)}},
	{"fsmount", Init | Parent, "creates the superblock and the detached mount.", []Arg{a("dst", Dst), a("fs", Fd), a("attr", Hex)}},
	{"open_tree", Init | Parent, "is open_tree(2).", []Arg{a("dst", Dst), a("dir", Fd), a("path", Str), a("flags", Hex)}},
	{"move_mount", Init, "attaches the mount at from to path below to; an empty path is to itself.", []Arg{a("from", Fd), a("to", Fd), a("path", Str)}},
	{"mount_setattr", Init | Parent, "is mount_setattr(2); an empty path is dir itself.", []Arg{a("dir", Fd), a("path", Str), a("at_flags", Hex), a("set", Hex), a("clear", Hex), a("propagation", Hex), a("userns", Fd)}},
	{"mask", Init, "hides path below root behind the file or directory of that name in the tmpfs at masks; a missing path is left alone.", []Arg{a("root", Fd), a("path", Str), a("masks", Fd)}},
	{"readonly", Init, "makes path below root a read-only mount of its own; a missing path is left alone.", []Arg{a("root", Fd), a("path", Str)}},
	{"pivot_root", Init, "is pivot_root(\".\", \".\"): the old root ends up on top of the working directory.", nil},
	{"chroot", Init, "is chroot(2).", []Arg{a("path", Str)}},
	{"umount", Init, "is umount2(2).", []Arg{a("path", Str), a("flags", Hex)}},
	{"fchdir", Init, "is fchdir(2).", []Arg{a("fd", Fd)}},
	{"chdir", Init, "is chdir(2), and fails with ENOENT if that leads outside the root.", []Arg{a("path", Str)}},

	// The terminal.
	{"ptpeer", Init, "checks that master is a pty master of a devpts, unlocks it and opens its peer.", []Arg{a("dst", Dst), a("master", Fd)}},
	{"winsize", Init, "sets the size of a terminal.", []Arg{a("fd", Fd), a("rows", Int), a("cols", Int)}},
	{"ctty", Init, "makes fd the controlling terminal.", []Arg{a("fd", Fd)}},

	// The way out.
	{"hook", Init | Parent, "runs a program to its end; output and stdin are descriptors, timeout is in milliseconds, 0 for none.", []Arg{a("path", Str), a("args", Strs), a("env", Strs), a("stdin", Fd), a("output", Fd), a("timeout", Int)}},
	{"program", Init, "chooses the first of candidates that can be executed; ENOENT if none exists.", []Arg{a("candidates", Strs)}},
	{"gate", Init, "blocks until a byte can be read from fd; what goes wrong later is reported there.", []Arg{a("fd", Fd)}},
	{"execve", Init, "executes the program chosen before.", []Arg{a("args", Strs), a("env", Strs)}},

	// What only the parent does.
	{"cgroup_mkdir", Parent, "makes a cgroup and its missing parents; an undo removes what was made.", []Arg{a("path", Str)}},
	{"cgroup_adopt", Parent, "takes over a cgroup that systemd has made, with the stage in it if must is 1; with 0 it is made if systemd has not.", []Arg{a("path", Str), a("must", Int)}},
	{"systemd_start", Parent, "starts a transient unit with the stage in it, or without if it is a slice; an undo stops it and removes every cgroup that is adopted.", []Arg{a("unit", Str), a("properties", Strs)}},
	{"systemd_attach", Parent, "moves the stage into the cgroup of a unit, or into the one at path below it; for those who may not write to the cgroups in between.", []Arg{a("unit", Str), a("path", Str)}},
	{"systemd_set", Parent, "sets properties of a unit.", []Arg{a("unit", Str), a("properties", Strs)}},
	{"cgroup_write", Parent, "writes a cgroup file; with optional 1 a missing file is no error.", []Arg{a("dir", Str), a("file", Str), a("value", Str), a("optional", Int)}},
	{"cgroup_inherit", Parent, "fills an empty cpuset file of dir and of its parents up to top from the level above.", []Arg{a("top", Str), a("dir", Str), a("file", Str)}},
	{"cgroup_devices", Parent, "attaches a BPF program that decides about devices to a cgroup v2 directory.", []Arg{a("dir", Str), a("program", Bytes)}},
	{"cgroup_join", Parent, "moves init into a cgroup from outside.", []Arg{a("dir", Str)}},
	{"cgroup_chown", Parent, "gives a cgroup and its delegated files to uid.", []Arg{a("dir", Str), a("uid", Int), a("gid", Int)}},
	{"resctrl_mkdir", Parent, "makes a group of resctrl; an undo removes it.", []Arg{a("dir", Str)}},
	{"resctrl_write", Parent, "writes the lines of schemata of a group of resctrl.", []Arg{a("dir", Str), a("lines", Str)}},
	{"resctrl_join", Parent, "moves init into a group of resctrl.", []Arg{a("dir", Str)}},
	{"proc_write", Parent, "writes a file of init's directory in /proc.", []Arg{a("file", Str), a("data", Str)}},
	{"idmap", Parent, "writes an id map of init, itself or through the helper program.", []Arg{a("file", Str), a("map", Str), a("helper", Str)}},
	{"userns", Parent, "opens a user namespace with these maps, for an idmapped mount.", []Arg{a("dst", Dst), a("uid_map", Str), a("gid_map", Str)}},
	{"masks", Parent, "makes the detached tmpfs with the directory dir and the empty file file that masked paths show.", []Arg{a("dst", Dst)}},
	{"copyup", Parent, "copies the directory path below root into the detached tmpfs at to.", []Arg{a("root", Fd), a("path", Str), a("to", Fd)}},
	{"netdevice", Parent, "moves a network device into init's network namespace under a new name.", []Arg{a("device", Str), a("name", Str)}},
	{"fifo", Parent, "makes exec.fifo in the state directory and opens it for reading and writing.", []Arg{a("dst", Dst)}},
	{"connect", Parent, "connects to a unix socket.", []Arg{a("dst", Dst), a("path", Str)}},
	{"send_fd", Parent, "sends a descriptor over a connected socket with a message.", []Arg{a("socket", Fd), a("fd", Fd), a("message", Str)}},
	{"send_pidfd", Parent, "sends a pidfd of init over a connected socket.", []Arg{a("socket", Fd)}},
	{"seccomp_agent", Parent, "hands the seccomp listener to the agent with the container process state.", []Arg{a("listener", Fd), a("path", Str), a("metadata", Str)}},
	{"announce", Parent, "makes the container's directory, and puts on record there what removing the container takes.", nil},
	{"save_state", Parent, "writes state.json with that status.", []Arg{a("status", Str)}},
	{"hook_state", Parent, "makes a file in memory with the container's state as a hook reads it on stdin; with inside 1 the pid is the one that the container's processes see.", []Arg{a("dst", Dst), a("status", Str), a("inside", Int)}},
	{"hook_output", Parent, "opens the file in the state directory that the output of hooks is kept in.", []Arg{a("dst", Dst)}},
	{"await_exec", Parent, "waits until init has executed the program, which ends the report socket.", nil},
	{"pid_file", Parent, "writes init's pid, atomically.", []Arg{a("path", Str)}},
}
