// Package spec loads and validates config.json, the configuration of a bundle
// (OCI runtime specification 1.3.0, config.md and config-linux.md). It rejects
// what is wrong and repairs nothing: what it returns is what the file says.
// Reading the file is its only effect; it asks nothing of the host.
package spec

import "github.com/opencontainers/runtime-spec/specs-go"

// A Config is a decoded config.json.
type Config struct {
	Spec *specs.Spec
	Text []byte // the file that Load has read; Spec shares its memory
	// Unknown lists the paths of keys the specification does not define,
	// such as linux.rootPropagation. Keys match exactly: one that differs
	// only in case is unknown.
	Unknown []string
	// Foreign lists the paths of members defined for other platforms than
	// Linux, such as windows. They are not in Spec.
	Foreign []string

	meant []string // for each of Unknown, the key probably meant, or ""
	nuls  []string // paths of strings with a NUL byte
}

// A Problem is one thing wrong with a configuration. A warning is something
// that a runtime has to ignore but a user would want to know.
type Problem struct {
	Field   string // the JSON path, such as linux.maskedPaths[2]
	Message string // the value found, and what would be right
	Warning bool
}

func (p Problem) String() string { return p.Field + ": " + p.Message }

// Parse decodes a config.json. The error is a *DecodeError: the text is not
// JSON, a value is of the wrong kind or out of its type's range, a key is given
// twice, or the nesting is too deep. Null is the same as absent. Whether the
// values make sense is for Validate to say.
func Parse(data []byte) (*Config, error) { return parse(string(data)) }

func parse(text string) (*Config, error) {
	d := newDecoder(text, "")
	c := &Config{Spec: new(specs.Spec)}
	d.readSpec(c.Spec)
	if err := d.finish(); err != nil {
		return nil, err
	}
	c.Foreign, c.nuls = d.foreign, d.nuls
	for _, u := range d.unknown {
		c.Unknown = append(c.Unknown, u.path)
		c.meant = append(c.meant, u.meant)
	}
	return c, nil
}

// ParseProcess decodes a process.json, as exec takes it: the object that is
// process in config.json, and the paths in the result and in errors begin with
// process too. It also returns the paths of the keys that were skipped, because
// they are unknown or not for Linux. The errors are those of Parse; a string
// with a NUL byte is one as well.
func ParseProcess(data []byte) (*specs.Process, []string, error) {
	d := newDecoder(string(data), "process")
	d.noNUL = true
	p := new(specs.Process)
	d.readProcess(p)
	skipped, err := d.part()
	if err != nil {
		return nil, nil, err
	}
	return p, skipped, nil
}

// ParseResources decodes the object that is linux.resources in config.json, as
// update takes it. The results are like those of ParseProcess.
func ParseResources(data []byte) (*specs.LinuxResources, []string, error) {
	d := newDecoder(string(data), "linux.resources")
	d.noNUL = true
	r := new(specs.LinuxResources)
	d.readLinuxResources(r)
	skipped, err := d.part()
	if err != nil {
		return nil, nil, err
	}
	return r, skipped, nil
}

// part finishes a document that is only a part of a configuration.
func (d *decoder) part() ([]string, error) {
	if err := d.finish(); err != nil {
		return nil, err
	}
	skipped := d.foreign
	for _, u := range d.unknown {
		skipped = append(skipped, u.path)
	}
	return skipped, nil
}
