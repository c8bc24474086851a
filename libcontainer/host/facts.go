// Package host finds out what the kernel and the machine can do.
//
// Facts are plain values: everything that decides what a container's plan looks
// like takes them as an argument, so that the decision can be repeated anywhere.
// This package is the only one that asks.
package host

// Facts are what Probe found out. The zero value is a host without cgroups whose
// caller is privileged in the initial user namespace.
type Facts struct {
	Kernel   Version `json:"kernel"`
	EUID     int     `json:"euid"`
	EGID     int     `json:"egid"`
	InUserNS bool    `json:"inUserNS"` // the caller is not in the initial user namespace
	Caps     uint64  `json:"caps"`     // the caller's effective capabilities, bit n is capability n

	// TimerSlack is how late the caller's timers may be, in nanoseconds; 0 if this
	// process has that itself.
	TimerSlack uint64 `json:"timerSlack,omitempty"`

	// The caller's mount and network namespaces belong to a user namespace in which
	// it has no privileges: it can neither clone mounts nor mount a sysfs there.
	ForeignMounts bool `json:"foreignMounts,omitempty"`
	ForeignNet    bool `json:"foreignNet,omitempty"`

	Cgroups Cgroups `json:"cgroups"`

	Rlimits [16]Rlimit `json:"rlimits"` // the caller's, by RLIMIT_ number; by ProbeRlimits

	// What follows is filled in by ProbeAll only.
	CPUs     int  `json:"cpus,omitempty"` // possible CPUs
	AppArmor bool `json:"apparmor,omitempty"`
	SELinux  bool `json:"selinux,omitempty"`
}

// Version is a kernel release without its patch level.
type Version struct {
	Major int `json:"major"`
	Minor int `json:"minor"`
}

// AtLeast reports whether the kernel is major.minor or newer.
func (v Version) AtLeast(major, minor int) bool {
	return v.Major > major || v.Major == major && v.Minor >= minor
}

// Rlimit is a resource limit; the maximum value is RLIM_INFINITY.
type Rlimit struct {
	Soft uint64 `json:"soft"`
	Hard uint64 `json:"hard"`
}

// Unprivileged reports whether the caller is not root, or only root of a user
// namespace of its own.
func (f *Facts) Unprivileged() bool { return f.EUID != 0 || f.InUserNS }

// HasCap reports whether the caller has a capability in effect, by number.
func (f *Facts) HasCap(number uint) bool { return f.Caps>>number&1 == 1 }

// The values of Cgroups.Kind.
const (
	KindV2     = "v2"     // one unified hierarchy at Mount
	KindHybrid = "hybrid" // v1 hierarchies and a unified one
	KindV1     = "v1"     // v1 hierarchies only
	KindNone   = "none"   // no hierarchy is mounted
)

// Cgroups are the mounted cgroup hierarchies.
type Cgroups struct {
	Kind        string      `json:"kind"`
	Mount       string      `json:"mount"` // where the hierarchies are mounted, or the unified one itself
	Hierarchies []Hierarchy `json:"hierarchies"`
	Weights     Weights     `json:"weights"` // by ProbeWeights
}

// Hierarchy is one mounted hierarchy.
type Hierarchy struct {
	Controllers []string `json:"controllers,omitempty"` // v2: those available at the mount point
	Name        string   `json:"name,omitempty"`        // of a named v1 hierarchy, as in name=systemd
	Mountpoint  string   `json:"mountpoint"`
	Own         string   `json:"own"` // the caller's cgroup, absolute from Mountpoint
	V2          bool     `json:"v2,omitempty"`
}

// Has reports whether a controller is on the hierarchy.
func (h *Hierarchy) Has(controller string) bool {
	for _, c := range h.Controllers {
		if c == controller {
			return true
		}
	}
	return false
}

// Find returns the index of the hierarchy that has a controller, or -1.
func (c *Cgroups) Find(controller string) int {
	for i := range c.Hierarchies {
		if c.Hierarchies[i].Has(controller) {
			return i
		}
	}
	return -1
}

// Unified returns the index of the v2 hierarchy, or -1.
func (c *Cgroups) Unified() int {
	for i := range c.Hierarchies {
		if c.Hierarchies[i].V2 {
			return i
		}
	}
	return -1
}
