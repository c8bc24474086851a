package plan

import "rt/libcontainer/abi"

// Slots of good. Those that one release passes lie in a row.
const (
	sGate Slot = iota
	sRoot
	sProc
	sMasks
	sCgroup
	sNS
	sIdmap
	sSource
	sTarget
	sFS
	sMount
	sDev
	sConsole
	sPeer
	sSocket
	sOutput
	sState
	sStart
	sListener
	sTasks
	slotCount
)

const inRoot = abi.ResolveInRoot | abi.ResolveNoMagiclinks

// builder collects operations in their lanes.
type builder struct{ p Plan }

func newBuilder() *builder {
	return &builder{Plan{Slots: []string{
		"gate", "root", "proc", "masks", "cgroup", "ns", "idmap", "source", "target", "fs", "mount", "dev",
		"console", "peer", "socket", "output", "state", "start", "listener", "tasks",
	}}}
}

func (b *builder) add(lane Lane, ops []Op) {
	for _, op := range ops {
		op.Lane = lane
		b.p.Ops = append(b.p.Ops, op)
	}
}

func (b *builder) parent(ops ...Op) { b.add(Parent, ops) }
func (b *builder) init(ops ...Op)   { b.add(Init, ops) }
func (b *builder) both(ops ...Op)   { b.add(Both, ops) }

// good is a plan that keeps every rule, and has something for each of them to look
// at.
func good() *Plan {
	b := newBuilder()
	b.goodStage()
	b.goodMounts()
	b.goodHooks()
	b.goodProcess()
	return &b.p
}

func (b *builder) goodStage() {
	b.parent(Connect(sSocket, "/run/console"), Spawn(), Announce())
	b.init(Prctl(abi.PrSetDumpable, 0, 0, 0, 0))
	b.parent(Open(sNS, Cwd, "/run/netns/a", abi.OCloexec, 0, 0))
	b.both(Release("namespaces", sNS, 1))
	b.init(Setns(sNS, abi.CloneNewNet), Close(sNS), Unshare(abi.CloneNewUser))
	b.both(Arrive("user namespace", None))
	b.parent(Idmap("uid_map", "0 5 1\n", ""), Idmap("gid_map", "0 5 1\n", ""))
	b.both(Release("id maps", None, 0))
	b.init(Setresgid(0), Setresuid(0), Unshare(abi.CloneNewNS|abi.CloneNewPID))
	b.init(MountSetattr(Cwd, "/", abi.AtRecursive, 0, 0, abi.MsSlave, None))
	b.parent(CgroupMkdir("/cg"), CgroupWrite("/cg", "pids.max", "9", 0), ResctrlMkdir("/resctrl/a"), Open(sCgroup, Cwd, "/cg", abi.OPath|abi.OCloexec, 0, 0))
	b.parent(Fifo(sGate), OpenTree(sRoot, Cwd, "/rootfs", abi.OpenTreeClone|abi.OpenTreeCloexec|abi.AtRecursive))
	b.parent(MountSetattr(sRoot, "", abi.AtEmptyPath|abi.AtRecursive, 0, 0, abi.MsSlave, None))
	b.parent(Open(sProc, Cwd, "/proc", abi.OPath|abi.OCloexec, 0, 0), Masks(sMasks))
	b.both(Release("resources", sGate, 5))
	b.init(ForkInto(sCgroup), Close(sCgroup), Setsid(), MoveMount(sRoot, Cwd, "/"))
	b.parent(CgroupMkdir("/v1"), CgroupWrite("/v1", "pids.max", "9", 0), Open(sTasks, Cwd, "/v1/tasks", abi.OWronly|abi.OCloexec, 0, 0))
	b.both(Release("cgroup v1", sTasks, 1))
	b.init(Write(sTasks, []byte("0")), Close(sTasks))
}

func (b *builder) goodMounts() {
	b.parent(
		OpenTree(sSource, Cwd, "/src", abi.OpenTreeClone|abi.OpenTreeCloexec),
		Userns(sIdmap, "0 5 1\n", "0 5 1\n"),
		MountSetattr(sSource, "", abi.AtEmptyPath, abi.MountAttrIdmap, 0, 0, sIdmap), Close(sIdmap),
		MountSetattr(sSource, "", abi.AtEmptyPath, 0, 0, abi.MsPrivate, None),
	)
	b.both(Release("sources", sSource, 1))
	b.init(
		Mkpath(sTarget, sRoot, "a/b", []string{"a", "a", "a/b", "b"}, 0o755, 0), MoveMount(sSource, sTarget, ""), Close(sSource),
		Fsopen(sFS, "tmpfs"), Fsset(sFS, "mode", "755"), Fsmount(sMount, sFS, 0),
		Mkpath(sTarget, sRoot, "dev", []string{"dev", "dev"}, 0o755, 0), MoveMount(sMount, sTarget, ""),
		Mkpath(sDev, sRoot, "dev", []string{"dev", "dev"}, 0o755, 0), Devnode(sDev, "null", abi.SIfchr|0o666, 0x103, 0, 0),
		Symlinkat("/proc/self/fd", sDev, "fd"), Close(sDev),
		Open(sConsole, sRoot, "dev/pts/ptmx", abi.ORdwr|abi.OCloexec, 0, inRoot), Ptpeer(sPeer, sConsole),
		OpenTree(sMount, sPeer, "", abi.AtEmptyPath|abi.OpenTreeClone|abi.OpenTreeCloexec), Dup2(sPeer, 0), Ctty(sPeer),
	)
	b.both(Arrive("console", sConsole))
	b.parent(SendFd(sSocket, sConsole, "/dev/console"), Close(sConsole))
	b.init(Close(sConsole), Close(sPeer))
}

func (b *builder) goodHooks() {
	b.both(Arrive("mounted", None))
	b.parent(HookOutput(sOutput), HookState(sState, "creating", 0), HookState(sStart, "created", 1))
	b.parent(Hook("/bin/h", []string{"h"}, nil, sState, sOutput, 0))
	b.both(Release("hooks", sOutput, 3))
	b.init(
		Hook("/bin/c", []string{"c"}, nil, sState, sOutput, 0), Close(sState),
		Readonly(sRoot, "proc/sys"), MoveMount(sMasks, Cwd, "/proc"), Mask(sRoot, "proc/kcore", sMasks), Close(sMasks),
		Fchdir(sRoot), PivotRoot(), Umount(".", abi.MntDetach), Chdir("/"), Close(sRoot),
		WriteAt(sProc, "self/attr/exec", []byte("label")), Close(sProc),
	)
}

func (b *builder) goodProcess() {
	b.init(
		Rlimit(7, 1, 1), Chdir("/srv"),
		Capbset(1), Prctl(abi.PrSetKeepcaps, 1, 0, 0, 0), Setgroups(nil), Setresgid(5), Setresuid(5),
		Capset(1, 1, 0), Ambient(0), Umask(0o022), Program([]string{"/bin/sh", "./sh"}),
		Prctl(abi.PrSetNoNewPrivs, 1, 0, 0, 0), Seccomp(sListener, abi.SeccompFilterFlagNewListener, []byte("filter")),
	)
	b.both(Arrive("listener", sListener))
	b.parent(SeccompAgent(sListener, "/run/agent", ""), Close(sListener))
	b.init(Close(sListener))
	b.both(Arrive("created", None))
	b.parent(Rlimit(7, 2, 2), ResctrlJoin("/resctrl/a"), SaveState("created"), PidFile("/run/pid"))
	b.both(Release("created", None, 0))
	b.init(Gate(sGate), Hook("/bin/s", []string{"s"}, nil, sStart, sOutput, 0), CloexecFrom(3), Execve([]string{"sh"}, nil))
}

// goodExec is a plan of exec that keeps every rule.
func goodExec() *Plan {
	b := newBuilder()
	b.parent(Spawn())
	b.init(Prctl(abi.PrSetDumpable, 0, 0, 0, 0))
	b.parent(Open(sNS, Cwd, "/proc/7/ns/mnt", abi.OCloexec, 0, 0))
	b.both(Release("namespaces", sNS, 1))
	b.init(Setns(sNS, abi.CloneNewNS), Close(sNS))
	b.parent(Open(sProc, Cwd, "/proc", abi.OPath|abi.OCloexec, 0, 0))
	b.both(Release("resources", sProc, 1))
	b.init(
		ForkInto(None), Setsid(), Open(sRoot, Cwd, "/", abi.OPath|abi.OCloexec, 0, 0), Close(sRoot), Close(sProc),
		Capbset(1), Prctl(abi.PrSetKeepcaps, 1, 0, 0, 0), Setresgid(5), Setresuid(5), Capset(1, 1, 0), Ambient(0), Program([]string{"/bin/sh"}),
	)
	b.both(Arrive("ready", None))
	b.parent(Rlimit(7, 2, 2))
	b.both(Release("ready", None, 0))
	b.init(CloexecFrom(3), Execve([]string{"sh"}, nil))
	b.parent(AwaitExec(), PidFile("/run/pid"))
	return &b.p
}
