package spec

import (
	"fmt"
	"slices"
	"strings"
)

// Mount attributes: mount_setattr(2), fsmount(2).
const (
	attrRdonly      = 0x01
	attrNosuid      = 0x02
	attrNodev       = 0x04
	attrNoexec      = 0x08
	attrAtime       = 0x70 // the field that holds one of the next three
	attrRelatime    = 0x00
	attrNoatime     = 0x10
	attrStrictatime = 0x20
	attrNodiratime  = 0x80
	attrNosymfollow = 0x200000
)

// Propagation types: mount(2).
const (
	msRec        = 1 << 14
	msUnbindable = 1 << 17
	msPrivate    = 1 << 18
	msSlave      = 1 << 19
	msShared     = 1 << 20
)

// MountOptions is what the options of one mount mean (config.md, Linux mount
// options). Where options contradict each other, the last one counts.
type MountOptions struct {
	Bind, Rbind bool // Rbind implies Bind
	Remount     bool

	// AttrSet and AttrClr are MOUNT_ATTR_* bits for the mount itself, and
	// RecAttrSet and RecAttrClr those for the mount and all below it (rro,
	// rnosuid, ...), in the form mount_setattr(2) takes. Bits in neither
	// were not mentioned. A mode of access times is a value of the field
	// MOUNT_ATTR__ATIME, so whenever one is asked for the whole field is in
	// AttrClr, and AttrSet holds the mode: relatime is 0.
	AttrSet, AttrClr       uint64
	RecAttrSet, RecAttrClr uint64

	// SBFlags are the parameters of the superblock in the names that
	// fsconfig(2), FSCONFIG_SET_FLAG knows for every filesystem: ro, rw,
	// sync, async, dirsync, mand, nomand, lazytime, nolazytime. ro and rw
	// are in the attributes too: on a new mount they concern both.
	SBFlags []string
	// SBLegacy are the ones that only the flags of mount(2) can express,
	// and fsconfig(2) rejects: iversion, noiversion, silent, loud.
	SBLegacy []string

	// Propagation has an MS_* type for each propagation option, in order,
	// with MS_REC for the recursive ones.
	Propagation []uint64

	TmpCopyUp     bool
	IDMap, RIDMap bool // RIDMap implies IDMap

	// Data are the options left, which are the filesystem's own.
	Data []KV
	// Ignored are options for mount(8) and /etc/fstab, such as nofail and
	// x-systemd.automount, which mount(8) does not pass on either.
	Ignored []string
}

// A KV is one option of a filesystem: a flag, or a key with a value.
type KV struct {
	Key, Value string
	HasValue   bool
}

func (kv KV) String() string {
	if kv.HasValue {
		return kv.Key + "=" + kv.Value
	}
	return kv.Key
}

// KnownMountOptions returns the names of the options that do not belong to a
// filesystem, sorted.
func KnownMountOptions() []string { return slices.Clone(knownMountOptions[:]) }

var knownMountOptions = [...]string{
	"async", "atime", "bind", "defaults", "dev", "diratime", "dirsync", "exec", "idmap", "iversion",
	"lazytime", "loud", "mand", "noatime", "nodev", "nodiratime", "noexec", "noiversion", "nolazytime",
	"nomand", "norelatime", "nostrictatime", "nosuid", "nosymfollow", "private", "ratime", "rbind", "rdev",
	"rdiratime", "relatime", "remount", "rexec", "ridmap", "rnoatime", "rnodev", "rnodiratime", "rnoexec",
	"rnorelatime", "rnostrictatime", "rnosuid", "rnosymfollow", "ro", "rprivate", "rrelatime", "rro", "rrw",
	"rshared", "rslave", "rstrictatime", "rsuid", "rsymfollow", "runbindable", "rw", "shared", "silent",
	"slave", "strictatime", "suid", "symfollow", "sync", "tmpcopyup", "unbindable",
}

// ParseMountOptions sorts the options of a mount by whom they are for. Like
// mount(2), it takes "a,b" as two options. An empty option says nothing. Errors
// name the option.
func ParseMountOptions(opts []string) (MountOptions, error) {
	var m MountOptions
	for _, opt := range opts {
		for opt != "" {
			var one string
			one, opt = cutOption(opt)
			if err := m.add(one); err != nil {
				return MountOptions{}, err
			}
		}
	}
	return m, nil
}

// cutOption splits at the first comma that separates options: commas in double
// quotes (SELinux contexts) and after a backslash (overlay paths) do not.
func cutOption(s string) (first, rest string) {
	quoted := false
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] == '\\':
			i++
		case s[i] == '"':
			quoted = !quoted
		case s[i] == ',' && !quoted:
			return s[:i], s[i+1:]
		}
	}
	return s, ""
}

// add takes one option.
func (m *MountOptions) add(opt string) error {
	if opt == "" || m.addAttr(opt) || m.addSuperblock(opt) || m.addAction(opt) {
		return nil
	}
	key, value, hasValue := strings.Cut(opt, "=")
	switch {
	case key == "":
		return fmt.Errorf("got %q, want key=value", excerpt(opt, 60))
	case strings.IndexByte(opt, 0) >= 0:
		return fmt.Errorf("got %q: %s", excerpt(opt, 60), nulMessage)
	case key == "idmap" || key == "ridmap" || key == "tmpcopyup":
		return fmt.Errorf("got %q, want %s, which takes no value (mappings are in uidMappings and gidMappings)",
			excerpt(opt, 60), key)
	case isFstabOption(key):
		m.Ignored = append(m.Ignored, opt)
	default:
		m.Data = append(m.Data, KV{key, value, hasValue})
	}
	return nil
}

// addAttr takes an option that is an attribute of the mount, or with an r in
// front, of all mounts below it too.
func (m *MountOptions) addAttr(opt string) bool {
	if changeAttr(&m.AttrSet, &m.AttrClr, opt) {
		if opt == "ro" || opt == "rw" {
			m.setFlag(&m.SBFlags, opt, "ro", "rw")
		}
		return true
	}
	return len(opt) > 1 && opt[0] == 'r' && changeAttr(&m.RecAttrSet, &m.RecAttrClr, opt[1:])
}

// changeAttr applies the name of an attribute, or of its opposite, to a pair of
// masks.
func changeAttr(set, clr *uint64, name string) bool {
	on := func(bit uint64) bool { *set |= bit; *clr &^= bit; return true }
	off := func(bit uint64) bool { *set &^= bit; *clr |= bit; return true }
	switch name {
	case "ro":
		return on(attrRdonly)
	case "rw":
		return off(attrRdonly)
	case "nosuid":
		return on(attrNosuid)
	case "suid":
		return off(attrNosuid)
	case "nodev":
		return on(attrNodev)
	case "dev":
		return off(attrNodev)
	case "noexec":
		return on(attrNoexec)
	case "exec":
		return off(attrNoexec)
	case "nodiratime":
		return on(attrNodiratime)
	case "diratime":
		return off(attrNodiratime)
	case "nosymfollow":
		return on(attrNosymfollow)
	case "symfollow":
		return off(attrNosymfollow)
	}
	return changeAtime(set, clr, name)
}

// changeAtime applies the name of a mode of access times. A negative one takes
// its mode back: what is left is the kernel's default, relatime, unless another
// mode was asked for.
func changeAtime(set, clr *uint64, name string) bool {
	mode, asked := *set&attrAtime, *clr&attrAtime != 0
	switch name {
	case "relatime":
		mode = attrRelatime
	case "noatime":
		mode = attrNoatime
	case "strictatime":
		mode = attrStrictatime
	case "atime":
		if asked && mode != attrNoatime {
			return true
		}
		mode = attrRelatime
	case "nostrictatime":
		if asked && mode != attrStrictatime {
			return true
		}
		mode = attrRelatime
	case "norelatime":
		if asked {
			return true
		}
		mode = attrRelatime
	default:
		return false
	}
	*set = *set&^attrAtime | mode
	*clr |= attrAtime
	return true
}

// addSuperblock takes an option of the superblock.
func (m *MountOptions) addSuperblock(opt string) bool {
	switch opt {
	case "sync", "async":
		m.setFlag(&m.SBFlags, opt, "sync", "async")
	case "dirsync":
		m.setFlag(&m.SBFlags, opt, "dirsync", "dirsync")
	case "mand", "nomand":
		m.setFlag(&m.SBFlags, opt, "mand", "nomand")
	case "lazytime", "nolazytime":
		m.setFlag(&m.SBFlags, opt, "lazytime", "nolazytime")
	case "iversion", "noiversion":
		m.setFlag(&m.SBLegacy, opt, "iversion", "noiversion")
	case "silent", "loud":
		m.setFlag(&m.SBLegacy, opt, "silent", "loud")
	default:
		return false
	}
	return true
}

// setFlag adds a flag in place of itself and its opposite.
func (m *MountOptions) setFlag(flags *[]string, opt, yes, no string) {
	kept := (*flags)[:0]
	for _, f := range *flags {
		if f != yes && f != no {
			kept = append(kept, f)
		}
	}
	*flags = append(kept, opt)
}

// addAction takes an option that tells the runtime what to do.
func (m *MountOptions) addAction(opt string) bool {
	switch opt {
	case "defaults":
	case "bind":
		m.Bind = true
	case "rbind":
		m.Bind, m.Rbind = true, true
	case "remount":
		m.Remount = true
	case "tmpcopyup":
		m.TmpCopyUp = true
	case "idmap":
		m.IDMap = true
	case "ridmap":
		m.IDMap, m.RIDMap = true, true
	default:
		p := propagation(opt)
		if p != 0 {
			m.Propagation = append(m.Propagation, p)
		}
		return p != 0
	}
	return true
}

// propagation returns the MS_* value of a propagation type's name, 0 if it is
// none.
func propagation(name string) uint64 {
	switch name {
	case "shared":
		return msShared
	case "slave":
		return msSlave
	case "private":
		return msPrivate
	case "unbindable":
		return msUnbindable
	case "rshared":
		return msShared | msRec
	case "rslave":
		return msSlave | msRec
	case "rprivate":
		return msPrivate | msRec
	case "runbindable":
		return msUnbindable | msRec
	}
	return 0
}

// isFstabOption reports whether mount(8) keeps an option to itself.
func isFstabOption(key string) bool {
	switch key {
	case "auto", "noauto", "nofail", "_netdev", "comment", "user", "nouser", "users", "nousers",
		"owner", "noowner", "group", "nogroup":
		return true
	}
	return strings.HasPrefix(key, "x-") || strings.HasPrefix(key, "X-")
}
