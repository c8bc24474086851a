package spec

import (
	"errors"
	"fmt"
	"strings"

	"github.com/opencontainers/runtime-spec/specs-go"
)

// SysctlPath returns the path below /proc/sys of a kernel parameter. The key
// separates names with dots or slashes; as in sysctl.d(5), the first separator
// decides, and where it is a dot the slashes are dots within names:
// "net.ipv4.conf.eth0/100.forwarding" is "net/ipv4/conf/eth0.100/forwarding".
// The path has no component "", "." or "..": it cannot leave /proc/sys.
func SysctlPath(key string) (string, error) {
	separator := strings.IndexAny(key, "./")
	if separator < 0 {
		return "", errors.New(`want at least two names, such as "net.ipv4.ip_forward"`)
	}
	path := key
	if key[separator] == '.' {
		path = strings.Map(func(r rune) rune {
			switch r {
			case '.':
				return '/'
			case '/':
				return '.'
			}
			return r
		}, key)
	}
	for i := range len(key) {
		if key[i] <= ' ' || key[i] == 0x7f {
			return "", fmt.Errorf("want names without the character %q", key[i])
		}
	}
	for name := range strings.SplitSeq(path, "/") {
		if name == "" || name == "." || name == ".." {
			return "", fmt.Errorf("want names other than %q between separators", name)
		}
	}
	return path, nil
}

// sysctlNamespace returns the type of namespace that has its own value of the
// parameter at a path, "" if the parameter is the whole host's.
func sysctlNamespace(path string) specs.LinuxNamespaceType {
	switch path {
	case "kernel/msgmax", "kernel/msgmnb", "kernel/msgmni", "kernel/sem", "kernel/shmall", "kernel/shmmax",
		"kernel/shmmni", "kernel/shm_rmid_forced", "kernel/auto_msgmni",
		"kernel/msg_next_id", "kernel/sem_next_id", "kernel/shm_next_id":
		return specs.IPCNamespace
	case "kernel/hostname", "kernel/domainname":
		return specs.UTSNamespace
	}
	switch {
	case strings.HasPrefix(path, "fs/mqueue/"):
		return specs.IPCNamespace
	case strings.HasPrefix(path, "net/"):
		return specs.NetworkNamespace
	case strings.HasPrefix(path, "user/"):
		return specs.UserNamespace
	}
	return ""
}

// sysctls: linux.sysctl. Only what a namespace of the container has a copy of
// may be set; anything else is the host's.
func (k *checker) sysctls() {
	params := k.linux.Sysctl
	if len(params) == 0 {
		return
	}
	given := make(map[string]string, len(params))
	for _, key := range sortedKeys(params) {
		path, err := SysctlPath(key)
		if err != nil {
			k.fail(entry("linux.sysctl", key), "got %q, %v", key, err)
			continue
		}
		if other, dup := given[path]; dup {
			k.fail(entry("linux.sysctl", key), "is the same parameter as %q, want it once", other)
		}
		given[path] = key
		k.sysctl(key, path, params[key])
	}
}

// sysctl checks one parameter, whose path below /proc/sys is given.
func (k *checker) sysctl(key, path, value string) {
	// /proc/sys takes one value per write; more would go unnoticed.
	if strings.ContainsAny(value, "\n\x00") {
		k.fail(entry("linux.sysctl", key), "got %q, want one line", excerpt(value, 60))
	}
	switch ns := sysctlNamespace(path); {
	case ns == "":
		k.fail(entry("linux.sysctl", key), "is a parameter of the whole host, want one that a namespace has: net.*, fs.mqueue.*, user.*, "+
			"kernel.domainname, or the kernel.* ones of System V IPC")
	case path == "kernel/hostname":
		k.fail(entry("linux.sysctl", key), "conflicts with the container's hostname, want the field hostname instead")
	case k.namespace(ns) == nil:
		k.fail(entry("linux.sysctl", key), "is a parameter of the host here, want a namespace of type %s in linux.namespaces", ns)
	}
}
