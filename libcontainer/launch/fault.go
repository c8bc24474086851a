//go:build !faults

package launch

import "rt/libcontainer/plan"

// fault does nothing in a release: see fault_inject.go.
func (r *run) fault(int) error { return nil }

func (r *run) options() plan.Options { return plan.Options{Trace: r.cfg.Trace != nil} }
