package spec

import "github.com/opencontainers/runtime-spec/specs-go"

// namespace returns the entry of linux.namespaces with the type given, nil if
// the container shares that namespace with the runtime.
func (k *checker) namespace(t specs.LinuxNamespaceType) *specs.LinuxNamespace {
	for i := range k.linux.Namespaces {
		if k.linux.Namespaces[i].Type == t {
			return &k.linux.Namespaces[i]
		}
	}
	return nil
}

// namespaces: linux.namespaces.
func (k *checker) namespaces() {
	types := [...]specs.LinuxNamespaceType{
		specs.PIDNamespace, specs.NetworkNamespace, specs.MountNamespace, specs.IPCNamespace,
		specs.UTSNamespace, specs.UserNamespace, specs.CgroupNamespace, specs.TimeNamespace,
	}
	seen := [len(types)]bool{}
	for i, ns := range k.linux.Namespaces {
		known := false
		for t := range types {
			if ns.Type != types[t] {
				continue
			}
			if known = true; seen[t] {
				k.fail(member("linux.namespaces", i, ".type"), "got %q twice, want each type once", ns.Type)
			}
			seen[t] = true
		}
		if !known {
			oneOf(k, member("linux.namespaces", i, ".type"), ns.Type, types[:])
		}
		if ns.Path != "" && ns.Path[0] != '/' {
			k.fail(member("linux.namespaces", i, ".path"), "got %q, want an absolute path", ns.Path)
		}
	}
	if k.namespace(specs.MountNamespace) == nil {
		k.hostMounts()
	}
}

// hostMounts rejects what would change the host's mounts, for want of a mount
// namespace of the container's own.
func (k *checker) hostMounts() {
	for _, f := range [...]struct {
		field string
		set   bool
	}{
		{"root.readonly", k.spec.Root != nil && k.spec.Root.Readonly},
		{"mounts", len(k.spec.Mounts) > 0},
		{"linux.rootfsPropagation", k.linux.RootfsPropagation != ""},
		{"linux.maskedPaths", len(k.linux.MaskedPaths) > 0},
		{"linux.readonlyPaths", len(k.linux.ReadonlyPaths) > 0},
	} {
		if f.set {
			k.fail(f.field, "would change the mounts of the host, want a namespace of type mount in linux.namespaces")
		}
	}
}

// timeOffsets: linux.timeOffsets. The clocks of a time namespace can be set only
// before the first process enters it, so not in one that is joined.
func (k *checker) timeOffsets() {
	offsets := k.linux.TimeOffsets
	if len(offsets) == 0 {
		return
	}
	if ns := k.namespace(specs.TimeNamespace); ns == nil {
		k.fail("linux.timeOffsets", "is given, want a namespace of type time in linux.namespaces for it")
	} else if ns.Path != "" {
		k.fail("linux.timeOffsets", "is given for the namespace at %q, want a new one, without a path", ns.Path)
	}
	// KTIME_SEC_MAX: what fits in 63 bits of nanoseconds.
	const maxSecs = (1<<63 - 1) / 1_000_000_000
	for _, clock := range sortedKeys(offsets) {
		o := offsets[clock]
		if clock != "monotonic" && clock != "boottime" {
			k.fail(entry("linux.timeOffsets", clock), "got the clock %q, want monotonic or boottime", clock)
		}
		if o.Secs < -maxSecs || o.Secs > maxSecs {
			k.fail(entry("linux.timeOffsets", clock)+".secs", "got %d, want a number from -%d to %[2]d", o.Secs, maxSecs)
		}
		if o.Nanosecs >= 1_000_000_000 {
			k.fail(entry("linux.timeOffsets", clock)+".nanosecs", "got %d, want less than 1000000000", o.Nanosecs)
		}
	}
}
