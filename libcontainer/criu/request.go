package criu

import "fmt"

// Kind is what criu is asked for: criu_req_type of its rpc.proto.
type Kind int

// The requests.
const (
	Dump         Kind = 1
	Restore      Kind = 2
	PreDump      Kind = 4
	notify       Kind = 6
	featureCheck Kind = 9
	versionCheck Kind = 10
)

// CgroupMode says what criu does about cgroups: criu_cg_mode.
type CgroupMode int

// ParseCgroupMode reads the value of --manage-cgroups-mode.
func ParseCgroupMode(name string) (CgroupMode, error) {
	switch name {
	case "":
		return 6, nil // criu's default, which is soft
	case "soft":
		return 3, nil
	case "full":
		return 4, nil
	case "strict":
		return 5, nil
	case "ignore":
		return 0, nil
	}
	return 0, fmt.Errorf("%q is none of soft, full, strict and ignore", name)
}

// NetworkLock says how criu keeps packets away while connections are saved:
// criu_network_lock_method.
type NetworkLock int

// The ways to lock.
const (
	LockDefault  NetworkLock = 0 // what criu thinks best
	LockIptables NetworkLock = 1
	LockNftables NetworkLock = 2
	LockNone     NetworkLock = 3
)

// Options are criu_opts, for dump and restore alike. Descriptors are those of this
// process.
type Options struct {
	ImagesDir int
	WorkDir   int // -1: where the images are
	LogFile   string
	Root      string

	Pid         int // of the tree's first process; dump
	ParentImage string
	Freeze      string // a cgroup of the freezer

	LeaveRunning   bool
	ExtUnixSk      bool
	TCPEstablished bool
	TCPSkip        bool
	TCPClose       bool
	ShellJob       bool
	FileLocks      bool
	LinkRemap      bool
	TrackMem       bool
	AutoDedup      bool
	LazyPages      bool

	CgroupMode  CgroupMode
	CgroupRoots []CgroupRoot
	CgroupYard  string // where the hierarchies are mounted; "": criu mounts them
	NetworkLock NetworkLock
	EmptyNS     uint64 // CLONE_NEW... of namespaces whose content is not criu's

	PageServer string // address; "" for none
	PagePort   int

	External []string    // what is not in the tree, and under which name
	Inherit  []InheritFd // restore
	JoinNS   []JoinNS    // restore

	ConfigFile      string
	LsmProfile      string
	LsmMountContext string
}

// CgroupRoot is where the tree's cgroup of a hierarchy is restored.
type CgroupRoot struct{ Controller, Path string }

// InheritFd is a descriptor of the criu process that takes the place of a file.
type InheritFd struct {
	Key string
	Fd  int
}

// JoinNS is a namespace that the restored tree is put into.
type JoinNS struct{ Type, File string }

// criu's log level: errors, warnings, information and debugging.
const logLevel = 4

// encode makes the request. The numbers are those of criu's rpc.proto.
func (o *Options) encode(kind Kind) []byte {
	var m message
	m.number(1, int64(o.ImagesDir))
	if o.WorkDir >= 0 {
		m.number(17, int64(o.WorkDir))
	}
	m.number(9, logLevel)
	m.text(10, o.LogFile)
	m.flag(12, true) // notify
	m.optional(13, o.Root)
	m.flag(3, o.LeaveRunning)
	m.flag(4, o.ExtUnixSk)
	m.flag(5, o.TCPEstablished)
	m.flag(46, o.TCPSkip)
	m.flag(52, o.TCPClose)
	m.flag(7, o.ShellJob)
	m.flag(8, o.FileLocks)
	m.flag(18, o.LinkRemap)
	m.flag(15, o.TrackMem)
	m.flag(16, o.AutoDedup)
	m.flag(48, o.LazyPages)
	m.flag(50, true) // the master of a terminal is handed over
	m.flag(24, true)
	m.number(34, int64(o.CgroupMode))
	if o.EmptyNS != 0 {
		m.number(38, int64(o.EmptyNS))
	}
	if o.NetworkLock != LockDefault {
		m.number(64, int64(o.NetworkLock))
	}
	m.optional(51, o.ConfigFile)
	m.optional(60, o.CgroupYard)
	for _, e := range o.External {
		m.text(37, e)
	}
	if o.PageServer != "" {
		var s message
		s.text(1, o.PageServer)
		s.number(2, int64(o.PagePort))
		m.nested(11, &s)
	}
	if kind == Restore {
		o.restoring(&m)
	} else {
		m.number(2, int64(o.Pid))
		m.optional(14, o.ParentImage)
		m.optional(44, o.Freeze)
		m.flag(30, true) // mounts may be slaves of the host's
	}
	return request(kind, &m)
}

// restoring adds what only a restore has.
func (o *Options) restoring(m *message) {
	m.flag(6, true)  // devices by any path
	m.flag(26, true) // the tree is our child, as criu is
	for _, r := range o.CgroupRoots {
		var s message
		s.optional(1, r.Controller)
		s.text(2, r.Path)
		m.nested(25, &s)
	}
	for _, i := range o.Inherit {
		var s message
		s.text(1, i.Key)
		s.number(2, int64(i.Fd))
		m.nested(27, &s)
	}
	for _, j := range o.JoinNS {
		var s message
		s.text(1, j.Type)
		s.text(2, j.File)
		m.nested(39, &s)
	}
	m.optional(53, o.LsmProfile)
	m.optional(63, o.LsmMountContext)
}

func request(kind Kind, opts *message) []byte {
	var m message
	m.number(1, int64(kind))
	m.nested(2, opts)
	return m.data
}

// version asks which criu it is.
func version() []byte {
	var m message
	m.number(1, int64(versionCheck))
	return m.data
}

// answer is the reply to a notification.
func answer(ok bool) []byte {
	var m message
	m.number(1, int64(notify))
	n := int64(0)
	if ok {
		n = 1
	}
	m.number(3, n)
	return m.data
}

// features asks whether criu and the kernel can do these things.
func features(memTrack, lazyPages bool) []byte {
	var m, f message
	f.flag(1, memTrack)
	f.flag(2, lazyPages)
	m.number(1, int64(featureCheck))
	m.nested(5, &f)
	return m.data
}
