// Package compile turns a validated configuration, facts about the host and a
// request into a plan. It is pure: equal inputs give equal plans, and it touches
// neither the kernel nor a file.
package compile

import (
	"fmt"
	"path"
	"strings"

	specs "github.com/opencontainers/runtime-spec/specs-go"

	"rt/libcontainer/abi"
	"rt/libcontainer/cgroup/setting"
	"rt/libcontainer/cgroup/unit"
	"rt/libcontainer/host"
	"rt/libcontainer/plan"
	"rt/libcontainer/resctrl"
)

// Input is everything a plan depends on.
type Input struct {
	Spec          *specs.Spec
	Host          *host.Facts
	Cgroup        *setting.Set  // what the container's cgroup is and gets; nil for none
	Unit          *unit.Request // what systemd is asked for; nil where the runtime makes the cgroup
	DeviceProgram []byte        // the BPF program for Cgroup.Devices; nil where files do that

	ID              string
	Bundle          string // absolute
	Rootfs          string // absolute, no symbolic link
	Mounts          []MountFacts
	Home            string   // the user's home directory by the image; "" if unknown
	Caller          []string // the caller's environment
	SetgroupsDenied bool     // the caller's user namespace denies setgroups(2)
	MadeUserNS      bool     // the user namespace and its maps are the runtime's choice

	PidFile       string
	ConsoleSocket string
	PidfdSocket   string
	NoPivot       bool
	NoNewKeyring  bool
	PreserveFDs   int
	ListenFDs     int    // of the preserved ones, those that are socket activation's
	Seccomp       []byte // the compiled filter; nil for none
	SeccompFlags  uint64
	Resctrl       *resctrl.Group // where the container's processes are in resctrl; nil for nowhere
}

// MountFacts are what was found out about one entry of mounts.
type MountFacts struct {
	Source     string // absolute path on the host, for binds
	SourceFile bool   // the bind's source exists and is not a directory
	Dest       string // where destination leads in the rootfs, if through a link to nothing
	DestMode   int    // permissions of the directory mounted over; 0 if unknown
}

// compiler collects operations and hands out slots.
type compiler struct {
	in    *Input
	spec  *specs.Spec
	plan  plan.Plan
	scope string // the configuration field being served

	root, proc, masks, gate plan.Slot
	target, fs, mnt         plan.Slot // scratch of the mount operations
	batch                   plan.Slot // first of the slots that carry bind sources
	idmapNS                 plan.Slot // scratch of idmap
	nodes                   plan.Slot // first of the slots that carry clones of device nodes
	console, peer           plan.Slot
	output, startState      plan.Slot // for hooks
	socket                  plan.Slot // the console socket
	tasks                   plan.Slot
	taskCount               int
	cgroupDir, cgroupNS     plan.Slot
	joinV2                  string    // the cgroup v2 directory that the parent moves init to; "" for none
	late                    []plan.Op // what must wait until nothing is made in the rootfs any more
	copied                  []copied
	kernel                  []kernelMount // what masked and read-only paths are looked up in
	later                   []plan.Op     // releases that follow the resources
	last                    []plan.Op     // what the parent does once init is all set up

	started  bool // the unit is started
	entered  bool // init is in its cgroups
	labelled bool // the security labels are set already
	warnings []string
}

func newCompiler(in *Input) *compiler {
	c := &compiler{in: in, spec: in.Spec}
	c.plan = plan.Plan{Ops: make([]plan.Op, 0, 280), Slots: make([]string, 0, 48)} // a container's of usual size
	c.console, c.output, c.startState, c.cgroupDir = plan.None, plan.None, plan.None, plan.None
	c.idmapNS, c.nodes, c.cgroupNS = plan.None, plan.None, plan.None
	return c
}

// slot hands out a named slot.
func (c *compiler) slot(name string) plan.Slot {
	c.plan.Slots = append(c.plan.Slots, name)
	return plan.Slot(len(c.plan.Slots) - 1)
}

// slots hands out n slots in a row.
func (c *compiler) slots(name string, n int) plan.Slot {
	first := plan.Slot(len(c.plan.Slots))
	for i := range n {
		c.slot(fmt.Sprintf("%s%d", name, i))
	}
	return first
}

func (c *compiler) add(lane plan.Lane, ops []plan.Op) {
	for _, op := range ops {
		op.Lane = lane
		if op.Origin == "" {
			op.Origin = c.scope
		}
		c.plan.Ops = append(c.plan.Ops, op)
	}
}

func (c *compiler) parent(ops ...plan.Op) { c.add(plan.Parent, ops) }
func (c *compiler) init(ops ...plan.Op)   { c.add(plan.Init, ops) }
func (c *compiler) both(ops ...plan.Op)   { c.add(plan.Both, ops) }

// from sets the field that the following operations come from.
func (c *compiler) from(format string, args ...any) {
	if len(args) > 0 {
		format = fmt.Sprintf(format, args...)
	}
	c.scope = format
}

func (c *compiler) warn(format string, args ...any) {
	c.warnings = append(c.warnings, fmt.Sprintf(format, args...))
}

// linux is the linux section, never nil.
func (c *compiler) linux() *specs.Linux {
	if c.spec.Linux == nil {
		return &specs.Linux{}
	}
	return c.spec.Linux
}

// namespace returns the entry of a namespace type, or nil.
func (c *compiler) namespace(t specs.LinuxNamespaceType) *specs.LinuxNamespace {
	ns := c.linux().Namespaces
	for i := range ns {
		if ns[i].Type == t {
			return &ns[i]
		}
	}
	return nil
}

// isNew reports whether the container gets a namespace of that type for itself.
func (c *compiler) isNew(t specs.LinuxNamespaceType) bool {
	ns := c.namespace(t)
	return ns != nil && ns.Path == ""
}

// cleaned is a container path without ".", ".." and empty components, as if / were above
// itself: it never names anything outside the root, which is ".".
func cleaned(container string) string {
	if !strings.HasPrefix(container, "/") {
		container = "/" + container
	}
	if container = path.Clean(container); container == "/" {
		return "."
	}
	return container[1:]
}

// parts lists, for mkpath, each prefix of a cleaned path followed by its last component.
func parts(clean string) []string {
	if clean == "." {
		return nil
	}
	list := make([]string, 0, 2+2*strings.Count(clean, "/"))
	for start := 0; start < len(clean); {
		end := len(clean)
		if i := strings.IndexByte(clean[start:], '/'); i >= 0 {
			end = start + i
		}
		list = append(list, clean[:end], clean[start:end])
		start = end + 1
	}
	return list
}

// split divides a container path into its directory and its last component.
func split(path string) (dir, base string) {
	clean := cleaned(path)
	if i := strings.LastIndexByte(clean, '/'); i >= 0 {
		return clean[:i], clean[i+1:]
	}
	return ".", clean
}

// mkpath makes and resolves a container path into dst.
func (c *compiler) mkpath(dst plan.Slot, path string, mode, flags uint64) plan.Op {
	clean := cleaned(path)
	return plan.Mkpath(dst, c.root, clean, parts(clean), mode, flags)
}

// inRoot is how a path below the root that must exist is resolved.
const inRoot = abi.ResolveInRoot | abi.ResolveNoMagiclinks
