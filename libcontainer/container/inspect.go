package container

import (
	"context"
	"encoding/json"

	"rt/libcontainer/spec"
)

// Plan is the listing, or the JSON, of the operations that create would carry out.
func (rt *Runtime) Plan(o CreateOptions, asJSON bool) ([]byte, error) {
	p, err := rt.prepare(context.Background(), o, false)
	if err != nil {
		return nil, err
	}
	p.close()
	if !asJSON {
		return []byte(p.plan.String()), nil
	}
	data, err := json.MarshalIndent(p.plan, "", "\t")
	return append(data, '\n'), err
}

// Validate reports everything that is wrong with a bundle, and what this host
// would not honour, without starting anything.
func (rt *Runtime) Validate(bundle string) []Finding {
	config, err := spec.Load(bundle)
	if err != nil {
		return []Finding{{Severity: "error", Message: err.Error()}}
	}
	var findings []Finding
	failed := false
	for _, p := range config.Validate() {
		f := Finding{Severity: "error", Field: p.Field, Message: p.Message}
		if p.Warning {
			f.Severity = "warning"
		} else {
			failed = true
		}
		findings = append(findings, f)
	}
	if failed {
		return findings
	}
	known := len(findings)
	silent := *rt
	silent.Warn = func(text string) {
		for i := range known { // those of the configuration are listed already
			if text == findings[i].Field+": "+findings[i].Message {
				return
			}
		}
		findings = append(findings, Finding{Severity: "warning", Message: text})
	}
	p, err := silent.prepare(context.Background(), CreateOptions{ID: "validate", Bundle: bundle}, false)
	if err != nil {
		return append(findings, Finding{Severity: "error", Message: err.Error()})
	}
	p.close()
	return findings
}
