package compile

import (
	"slices"
	"strings"

	specs "github.com/opencontainers/runtime-spec/specs-go"

	"rt/libcontainer/spec"
)

type capabilitySets struct {
	bounding, effective, permitted, inheritable, ambient uint64
}

// capabilities serves process.capabilities. What the caller does not have cannot
// be granted and is warned about: config.md, "Linux Process". Nothing given
// means nothing kept.
func (c *compiler) capabilities() capabilitySets {
	p := c.spec.Process.Capabilities
	if p == nil {
		return capabilitySets{}
	}
	known := spec.CapabilityNames()
	available := c.in.Host.Caps
	if c.namespace(specs.UserNamespace) != nil {
		available = 1<<len(known) - 1
	}
	var missing uint64
	grant := func(names []string) uint64 {
		mask := capabilityMask(known, names)
		missing |= mask &^ available
		return mask & available
	}
	s := capabilitySets{
		bounding:    grant(p.Bounding),
		effective:   grant(p.Effective),
		permitted:   grant(p.Permitted),
		inheritable: grant(p.Inheritable),
		ambient:     grant(p.Ambient),
	}
	for i, name := range known {
		if missing&(1<<i) != 0 {
			c.warn("process.capabilities: %s is not available to the caller and is not granted", name)
		}
		if (s.inheritable&^s.bounding)&(1<<i) != 0 {
			c.warn("process.capabilities.inheritable: %s is not in the bounding set and is not granted", name)
		}
	}
	s.effective &= s.permitted
	s.inheritable &= s.bounding // capset(2) refuses others
	s.ambient &= s.permitted & s.inheritable
	return s
}

// capabilityMask is the bit set of the known names among names.
func capabilityMask(known, names []string) (mask uint64) {
	for _, name := range names {
		if i := slices.Index(known, strings.ToUpper(name)); i >= 0 {
			mask |= 1 << i
		}
	}
	return mask
}
