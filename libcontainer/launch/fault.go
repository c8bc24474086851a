//go:build !faults

package launch

import "rt/libcontainer/plan"

// These do nothing in a release: see fault_inject.go.

func (r *run) fault(int) error { return nil }

func (record) orphan() {}

// GateFault is called by start once it has opened the gate.
func GateFault(int) {}

func (r *run) options() plan.Options { return plan.Options{Trace: r.cfg.Trace != nil} }
