package spec

import (
	"slices"

	"github.com/opencontainers/runtime-spec/specs-go"
)

// memoryPolicy: linux.memoryPolicy, by the rules of set_mempolicy(2).
func (k *checker) memoryPolicy() {
	p := k.linux.MemoryPolicy
	if p == nil {
		return
	}
	known := oneOf(k, "linux.memoryPolicy.mode", p.Mode, []specs.MemoryPolicyModeType{
		specs.MpolDefault, specs.MpolBind, specs.MpolInterleave, specs.MpolWeightedInterleave,
		specs.MpolPreferred, specs.MpolPreferredMany, specs.MpolLocal,
	})
	for i, f := range p.Flags {
		oneOf(k, member("linux.memoryPolicy.flags", i, ""), f, []specs.MemoryPolicyFlagType{
			specs.MpolFNumaBalancing, specs.MpolFRelativeNodes, specs.MpolFStaticNodes,
		})
	}
	k.list("linux.memoryPolicy.nodes", p.Nodes)
	if known {
		k.policyNodes(p)
		k.policyFlags(p)
	}
}

// policyNodes: some modes need nodes, some must not have any.
func (k *checker) policyNodes(p *specs.LinuxMemoryPolicy) {
	switch p.Mode {
	case specs.MpolDefault, specs.MpolLocal:
		if p.Nodes != "" {
			k.fail("linux.memoryPolicy.nodes", "got %q, want none for %s", p.Nodes, p.Mode)
		}
	case specs.MpolPreferred: // without nodes, the local one is preferred
	default:
		if p.Nodes == "" {
			k.fail("linux.memoryPolicy.nodes", "is missing, want at least one node for %s", p.Mode)
		}
	}
}

// policyFlags: which flags go with each other and with the mode.
func (k *checker) policyFlags(p *specs.LinuxMemoryPolicy) {
	static := slices.Contains(p.Flags, specs.MpolFStaticNodes)
	relative := slices.Contains(p.Flags, specs.MpolFRelativeNodes)
	switch {
	case static && relative:
		k.fail("linux.memoryPolicy.flags", "got both %s and %s, want at most one", specs.MpolFStaticNodes, specs.MpolFRelativeNodes)
	case (static || relative) && p.Nodes == "" && (p.Mode == specs.MpolLocal || p.Mode == specs.MpolPreferred):
		k.fail("linux.memoryPolicy.flags", "got a flag about nodes for %s without nodes, want none", p.Mode)
	}
	if slices.Contains(p.Flags, specs.MpolFNumaBalancing) && p.Mode != specs.MpolBind && p.Mode != specs.MpolPreferredMany {
		k.fail("linux.memoryPolicy.flags", "got %s for %s, want it for %s or %s only",
			specs.MpolFNumaBalancing, p.Mode, specs.MpolBind, specs.MpolPreferredMany)
	}
}

// personality: linux.personality. The specification defines no flags yet.
func (k *checker) personality() {
	p := k.linux.Personality
	if p == nil {
		return
	}
	oneOf(k, "linux.personality.domain", p.Domain, []specs.LinuxPersonalityDomain{specs.PerLinux, specs.PerLinux32})
	for i, f := range p.Flags {
		k.fail(member("linux.personality.flags", i, ""), "got %q, want no flags: none are defined", f)
	}
}
