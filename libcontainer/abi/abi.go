// Package abi holds the numbers of the kernel's interface that plans contain, so
// that compiling a plan needs neither the syscall package nor the host's headers.
// The values are those of include/uapi in Linux and are the same on every
// architecture, except the ones in abi_<arch>.go.
package abi

// Namespaces: clone(2).
const (
	CloneNewTime   = 0x00000080
	CloneNewNS     = 0x00020000
	CloneNewCgroup = 0x02000000
	CloneNewUTS    = 0x04000000
	CloneNewIPC    = 0x08000000
	CloneNewUser   = 0x10000000
	CloneNewPID    = 0x20000000
	CloneNewNet    = 0x40000000
)

// Open flags that are the same everywhere; openat2(2).
const (
	OWronly   = 0x1
	ORdwr     = 0x2
	OCreat    = 0x40
	OExcl     = 0x80
	ONoctty   = 0x100
	ONonblock = 0x800
	OCloexec  = 0x80000
	OPath     = 0x200000

	ResolveNoXdev       = 0x01
	ResolveNoMagiclinks = 0x02
	ResolveNoSymlinks   = 0x04
	ResolveBeneath      = 0x08
	ResolveInRoot       = 0x10
)

// Mounts: mount(2), open_tree(2), fsmount(2), mount_setattr(2), umount2(2).
const (
	OpenTreeClone   = 1
	OpenTreeCloexec = OCloexec

	AtEmptyPath       = 0x1000
	AtRecursive       = 0x8000
	AtSymlinkNofollow = 0x100
	AtNoAutomount     = 0x800

	MountAttrRdonly      = 0x00000001
	MountAttrNosuid      = 0x00000002
	MountAttrNodev       = 0x00000004
	MountAttrNoexec      = 0x00000008
	MountAttrAtime       = 0x00000070
	MountAttrRelatime    = 0x00000000
	MountAttrNoatime     = 0x00000010
	MountAttrStrictatime = 0x00000020
	MountAttrNodiratime  = 0x00000080
	MountAttrIdmap       = 0x00100000
	MountAttrNosymfollow = 0x00200000

	MsUnbindable = 1 << 17
	MsPrivate    = 1 << 18
	MsSlave      = 1 << 19
	MsShared     = 1 << 20
	MsRec        = 1 << 14

	MntDetach = 2
)

// File types of mknod(2).
const (
	SIfifo = 0o010000
	SIfchr = 0o020000
	SIfblk = 0o060000
)

// prctl(2) options.
const (
	PrSetDumpable   = 4
	PrSetKeepcaps   = 8
	PrSetName       = 15
	PrSetTimerslack = 29
	PrSetNoNewPrivs = 38
)

// seccomp(2).
const SeccompFilterFlagNewListener = 1 << 3

// Flags of mkpath.
const (
	MkpathFile       = 1
	MkpathNoSymlinks = 2
)

// Makedev is a device number as mknod(2) takes it.
func Makedev(major, minor int64) uint64 {
	ma, mi := uint64(major), uint64(minor)
	return mi&0xff | (ma&0xfff)<<8 | (mi&^0xff)<<12 | (ma&^0xfff)<<32
}
