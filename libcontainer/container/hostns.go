package container

import (
	"fmt"
	"strings"

	"golang.org/x/sys/unix"

	specs "github.com/opencontainers/runtime-spec/specs-go"
)

// checkNamespaces refuses what would change the caller's own namespaces: mounts in
// its mount namespace, and sysctls of one that the container only joins by path.
func checkNamespaces(l *specs.Linux) error {
	if l == nil {
		return nil
	}
	for i, ns := range l.Namespaces {
		if ns.Path == "" || !isOwn(ns.Path, nsFile(ns.Type)) {
			continue
		}
		if ns.Type == specs.MountNamespace {
			return fmt.Errorf("linux.namespaces[%d].path: %s is the caller's own mount namespace, and nothing is mounted in the host's", i, ns.Path)
		}
		for key := range l.Sysctl {
			if sysctlNamespace(key) == ns.Type {
				return fmt.Errorf("linux.sysctl.%s: linux.namespaces[%d].path is the caller's own %s namespace, and the host's settings are not changed", key, i, ns.Type)
			}
		}
	}
	return nil
}

// isOwn reports whether a namespace file is that of the caller's namespace.
func isOwn(path, file string) bool {
	var a, b unix.Stat_t
	return unix.Stat(path, &a) == nil && unix.Stat("/proc/self/ns/"+file, &b) == nil && a.Dev == b.Dev && a.Ino == b.Ino
}

// sysctlNamespace is the type of namespace that a sysctl belongs to.
func sysctlNamespace(key string) specs.LinuxNamespaceType {
	key = strings.ReplaceAll(key, "/", ".")
	switch {
	case strings.HasPrefix(key, "net."):
		return specs.NetworkNamespace
	case key == "kernel.domainname" || key == "kernel.hostname":
		return specs.UTSNamespace
	case strings.HasPrefix(key, "user."):
		return specs.UserNamespace
	}
	return specs.IPCNamespace
}
