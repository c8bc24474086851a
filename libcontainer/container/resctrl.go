package container

import (
	"fmt"
	"strings"

	"rt/libcontainer/internal/sys"
	"rt/libcontainer/resctrl"
	"rt/libcontainer/state"

	specs "github.com/opencontainers/runtime-spec/specs-go"
)

// resctrlGroup decides about linux.intelRdt by what is in the file system now.
func resctrlGroup(id string, r *specs.LinuxIntelRdt) (*resctrl.Group, error) {
	mounts, err := sys.ReadFile("/proc/self/mountinfo", 64<<20)
	if err != nil {
		return nil, err
	}
	h, err := resctrl.Probe(resctrl.Mounted(string(mounts)), id, r)
	if err != nil {
		return nil, err
	}
	return resctrl.Decide(h, id, r)
}

// schemataLines are what update writes for the options, to the class that the
// container is in, of its own or of others too; "" for nothing.
func schemataLines(rec *state.Record, l3Cache, memBw string) (string, error) {
	lines := ""
	for _, o := range []struct{ option, resource, line string }{
		{"--l3-cache-schema", "L3:", l3Cache}, {"--mem-bw-schema", "MB:", memBw},
	} {
		if o.line == "" {
			continue
		}
		if rec.Resctrl.Dir == "" {
			return "", fmt.Errorf("%s: the container has no linux.intelRdt, so that no schema of Intel RDT can be updated", o.option)
		}
		if !strings.HasPrefix(o.line, o.resource) || strings.Contains(o.line, "\n") {
			return "", fmt.Errorf("%s: got %q, want one line that starts with %q", o.option, o.line, o.resource)
		}
		lines += o.line + "\n"
	}
	return lines, nil
}
