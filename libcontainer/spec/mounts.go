package spec

import (
	"strings"

	"github.com/opencontainers/runtime-spec/specs-go"
)

// mounts: each entry alone. Their order is the user's business.
func (k *checker) mounts() {
	for i := range k.spec.Mounts {
		m := &k.spec.Mounts[i]
		if m.Destination == "" {
			k.fail(member("mounts", i, ".destination"), "is missing, want an absolute path in the container")
		} else if m.Destination[0] != '/' {
			k.warn(member("mounts", i, ".destination"), "got %q, taken as %q, want an absolute path: relative ones are deprecated",
				m.Destination, "/"+m.Destination)
		}
		k.length(member("mounts", i, ".destination"), m.Destination)
		o, err := ParseMountOptions(m.Options)
		if err != nil {
			k.fail(member("mounts", i, ".options"), "%v", err)
			continue
		}
		k.mountSource(i, m, &o)
		k.mountIDMap(i, m, &o)
	}
}

// mountSource checks what is mounted.
func (k *checker) mountSource(i int, m *specs.Mount, o *MountOptions) {
	switch {
	case o.Bind && m.Source == "":
		k.fail(member("mounts", i, ".source"), "is missing, want the path to bind")
	case o.Bind && len(o.Data) > 0:
		// The kernel would ignore it: a bind mount shares the superblock.
		k.fail(member("mounts", i, ".options"), "got %q, which is no option of a bind mount, want only those of mount(8) for any filesystem",
			excerpt(o.Data[0].String(), 60))
	case !o.Bind && m.Type == "bind":
		k.fail(member("mounts", i, ".options"), `got a mount of type "bind" without the option bind or rbind, want one of them`)
	case !o.Bind && !o.Remount && m.Type == "":
		k.fail(member("mounts", i, ".type"), "is missing, want a type of filesystem, or the option bind or rbind")
	}
	for _, opt := range o.Ignored {
		k.warn(member("mounts", i, ".options"), "got %q, which is for /etc/fstab and is ignored", excerpt(opt, 60))
	}
	if o.TmpCopyUp && (o.Bind || m.Type != "tmpfs") {
		k.warn(member("mounts", i, ".options"), "got tmpcopyup for a mount of type %q, which ignores it, want it for tmpfs only", m.Type)
	}
}

// mountIDMap checks idmap, ridmap, uidMappings and gidMappings.
func (k *checker) mountIDMap(i int, m *specs.Mount, o *MountOptions) {
	switch uids, gids := len(m.UIDMappings) > 0, len(m.GIDMappings) > 0; {
	case uids && !gids:
		k.fail(member("mounts", i, ".gidMappings"), "is missing, want it together with uidMappings")
	case gids && !uids:
		k.fail(member("mounts", i, ".uidMappings"), "is missing, want it together with gidMappings")
	case uids && !o.IDMap:
		k.warn(member("mounts", i, ".options"), "got mappings without the option idmap or ridmap, want one of them: "+
			"other runtimes may ignore the mappings")
	case o.IDMap && !uids && k.namespace(specs.UserNamespace) == nil:
		k.fail(member("mounts", i, ".options"), "got idmap without mappings, want uidMappings and gidMappings, "+
			"or a namespace of type user in linux.namespaces whose mappings it can use")
	}
	if len(m.UIDMappings) > 0 || len(m.GIDMappings) > 0 {
		k.idMap(member("mounts", i, ".uidMappings"), m.UIDMappings)
		k.idMap(member("mounts", i, ".gidMappings"), m.GIDMappings)
	}
}

// rootfs: linux.rootfsPropagation, linux.maskedPaths and linux.readonlyPaths.
func (k *checker) rootfs() {
	if p := k.linux.RootfsPropagation; p != "" && propagation(p) == 0 {
		oneOf(k, "linux.rootfsPropagation", p, []string{
			"shared", "slave", "private", "unbindable", "rshared", "rslave", "rprivate", "runbindable",
		})
	}
	k.absolute("linux.maskedPaths", k.linux.MaskedPaths)
	k.absolute("linux.readonlyPaths", k.linux.ReadonlyPaths)
}

func (k *checker) absolute(field string, paths []string) {
	for i, p := range paths {
		if !strings.HasPrefix(p, "/") {
			k.fail(member(field, i, ""), "got %q, want an absolute path in the container", p)
		}
		k.length(member(field, i, ""), p)
	}
}

// maxPath is the kernel's PATH_MAX without the NUL byte. More would also be more than can
// be made a plan of: it has every directory on the way.
const maxPath = 4095

func (k *checker) length(field, path string) {
	if len(path) > maxPath {
		k.fail(field, "has %d bytes, want at most %d", len(path), maxPath)
	}
}
