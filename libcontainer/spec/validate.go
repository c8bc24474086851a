package spec

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/opencontainers/runtime-spec/specs-go"
)

// Validate returns every problem that can be told without looking at the host,
// in the order of the checks below. A configuration without one that is not a
// warning is sound as far as it goes: what it names may still not exist.
func (c *Config) Validate() []Problem {
	k := newChecker(c.Spec)
	k.keys(c)
	k.version()
	k.root()
	k.process(c.Spec.Process)
	k.names()
	k.mounts()
	k.hooks(c.Spec.Hooks)
	k.annotations()

	k.namespaces()
	k.idMappings()
	k.user(c.Spec.Process)
	k.timeOffsets()
	k.sysctls()
	k.rootfs()
	k.devices()
	k.netDevices()
	k.memoryPolicy()
	k.personality()
	k.intelRdt()
	k.seccomp(k.linux.Seccomp)
	k.cgroupsPath()
	k.resources(k.linux.Resources)
	return k.problems
}

// ValidateProcess returns the problems of a process alone, as exec takes it.
func ValidateProcess(p *specs.Process) []Problem {
	k := newChecker(&specs.Spec{})
	k.process(p)
	return k.problems
}

// ValidateResources returns the problems of resources alone. An update gives a
// part of them: what is to be checked is the container's after it, since limits
// such as memory and swap depend on each other.
func ValidateResources(r *specs.LinuxResources) []Problem {
	k := newChecker(&specs.Spec{})
	k.resources(r)
	return k.problems
}

// A checker collects problems. Its fields other than that are what the checks
// look at; linux is never nil.
type checker struct {
	spec     *specs.Spec
	linux    *specs.Linux
	problems []Problem
}

func newChecker(s *specs.Spec) *checker {
	k := &checker{spec: s, linux: s.Linux}
	if k.linux == nil {
		k.linux = &specs.Linux{}
	}
	return k
}

// fail adds an error. The paths of what every configuration has are made only
// then, so that a sound one costs no formatting.
func (k *checker) fail(field, format string, args ...any) {
	k.problems = append(k.problems, Problem{Field: field, Message: fmt.Sprintf(format, args...)})
}

func (k *checker) warn(field, format string, args ...any) {
	k.problems = append(k.problems, Problem{Field: field, Message: fmt.Sprintf(format, args...), Warning: true})
}

// member is the path of element i of an array, or of a part of it.
func member(array string, i int, part string) string {
	return fmt.Sprintf("%s[%d]%s", array, i, part)
}

// entry is the path of a map's entry.
func entry(name, key string) string { return fmt.Sprintf("%s[%q]", name, key) }

// sortedKeys makes the order of problems the same each time.
func sortedKeys[K cmp.Ordered, V any](m map[K]V) []K { return slices.Sorted(maps.Keys(m)) }

// wordList puts values into a message.
func wordList[T ~string](values []T) string {
	words := make([]string, len(values))
	for i, v := range values {
		words[i] = string(v)
	}
	return strings.Join(words, ", ")
}

// oneOf checks that a value is one of those allowed.
func oneOf[T ~string](k *checker, field string, got T, allowed []T) bool {
	if slices.Contains(allowed, got) {
		return true
	}
	if got == "" {
		k.fail(field, "is missing, want one of %s", wordList(allowed))
	} else {
		k.fail(field, "got %q, want one of %s", got, wordList(allowed))
	}
	return false
}

// hasDotDot reports whether a path has .. as a component.
func hasDotDot(path string) bool {
	for c := range strings.SplitSeq(path, "/") {
		if c == ".." {
			return true
		}
	}
	return false
}

// keys reports what the decoder passed over, and NUL bytes in what it did not.
func (k *checker) keys(c *Config) {
	for i, path := range c.Unknown {
		if i < len(c.meant) && c.meant[i] != "" {
			k.warn(path, "is not a key of the specification and is ignored, want %s", c.meant[i])
		} else {
			k.warn(path, "is not a key of the specification and is ignored")
		}
	}
	for _, path := range c.Foreign {
		k.warn(path, "is not for Linux and is ignored")
	}
	for _, path := range c.nuls {
		if strings.HasPrefix(path, "annotations[") || path == "linux.seccomp.listenerMetadata" {
			continue // these never reach the kernel
		}
		k.fail(path, nulMessage)
	}
}

// version: ociVersion. Any release of major version 1 is compatible with the
// earlier ones.
func (k *checker) version() {
	v := k.spec.Version
	switch rest, ok := strings.CutPrefix(v, "1."); {
	case v == "":
		k.fail("ociVersion", "is missing, want the version the configuration is written for, such as %q", specs.Version)
	case !ok || rest == "" || !isDigit(rest[0]):
		k.fail("ociVersion", "got %q, want a version 1.x, such as %q", v, specs.Version)
	default:
		minor := rest[:skipDigits(rest, 0)]
		if n, ok := listNumber(minor); !ok || n > specs.VersionMinor {
			k.warn("ociVersion", "got %q, which is newer than %s: what it added is not known here", v, specs.Version)
		}
	}
}

// root: required on Linux.
func (k *checker) root() {
	if k.spec.Root == nil {
		k.fail("root", `is missing, want an object with the path of the rootfs, such as {"path": "rootfs"}`)
	} else if k.spec.Root.Path == "" {
		k.fail("root.path", `is missing, want the path of the rootfs, absolute or relative to the bundle, such as "rootfs"`)
	}
}

// annotations: any text, but a key must not be empty.
func (k *checker) annotations() {
	if _, ok := k.spec.Annotations[""]; ok {
		k.fail(entry("annotations", ""), "got an empty key, want a name such as %q", "com.example.key")
	}
}

// names: hostname and domainname. The kernel takes at most 64 bytes
// (__NEW_UTS_LEN); without a uts namespace they would rename the host.
func (k *checker) names() {
	for _, n := range [...]struct{ field, value string }{
		{"hostname", k.spec.Hostname}, {"domainname", k.spec.Domainname},
	} {
		if n.value == "" {
			continue
		}
		if len(n.value) > 64 {
			k.fail(n.field, "got %q of %d bytes, want at most 64", excerpt(n.value, 80), len(n.value))
		}
		if k.namespace(specs.UTSNamespace) == nil {
			k.fail(n.field, "got %q, want a namespace of type uts in linux.namespaces to set it in", n.value)
		}
	}
}
