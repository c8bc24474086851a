package nsenter

import (
	"os"
	"testing"

	"golang.org/x/sys/unix"

	"rt/libcontainer/abi"
	"rt/libcontainer/plan"
)

// private gives the stage a mount namespace that tells the host nothing.
var private = join(plan.Unshare(abi.CloneNewNS),
	plan.MountSetattr(plan.Cwd, "/", abi.AtRecursive, 0, 0, abi.MsPrivate, plan.None))

// tmpfs mounts one at path, and leaves the mount in slot 5.
func tmpfs(path string) []plan.Op {
	return join(plan.Fsopen(4, "tmpfs"), plan.Fsset(4, "size", "64k"), plan.Fsset(4, "mode", "0751"),
		plan.Fsmount(5, 4, abi.MountAttrNosuid), plan.MoveMount(5, plan.Cwd, path))
}

func mountCases(t *testing.T) []opCase {
	dir := t.TempDir()
	seen := sh("grep ' " + dir + "' /proc/self/mountinfo; stat -c mode=%a " + dir)
	return append(coverCases(t), []opCase{
		{name: "opens a file system", op: plan.OpFsopen, ops: join(plan.Fsopen(4, "tmpfs"))},
		{name: "refuses an unknown type", op: plan.OpFsopen, err: unix.ENODEV,
			ops: join(plan.Fsopen(4, "none-such"))},
		{name: "sets a parameter", op: plan.OpFsset, out: "size=64k",
			ops: join(private, tmpfs(dir), seen)},
		{name: "refuses an unknown key", op: plan.OpFsset, err: unix.EINVAL,
			ops: join(plan.Fsopen(4, "tmpfs"), plan.Fsset(4, "none", "such"))},
		{name: "sets a flag", op: plan.OpFsflag, out: "tmpfs none ro",
			ops: join(private, plan.Fsopen(4, "tmpfs"), plan.Fsflag(4, "ro"), plan.Fsmount(5, 4, 0),
				plan.MoveMount(5, plan.Cwd, dir), sh("grep ' "+dir+"' /proc/self/mountinfo | sed 's/.* - //'"))},
		{name: "refuses an unknown key", op: plan.OpFsflag, err: unix.EINVAL,
			ops: join(plan.Fsopen(4, "tmpfs"), plan.Fsflag(4, "none"))},
		{name: "sets attributes", op: plan.OpFsmount, out: "nosuid", ops: join(private, tmpfs(dir), seen)},
		{name: "refuses unknown attributes", op: plan.OpFsmount, err: unix.EINVAL,
			ops: join(private, plan.Fsopen(4, "tmpfs"), plan.Fsmount(5, 4, 1<<40|1<<30))},
		{name: "attaches at a path", op: plan.OpMoveMount, out: "mode=751",
			ops: join(private, tmpfs(dir), seen)},
		{name: "attaches at a descriptor", op: plan.OpMoveMount, out: "mode=751",
			ops: join(private, plan.Fsopen(4, "tmpfs"), plan.Fsset(4, "mode", "0751"), plan.Fsmount(5, 4, 0),
				openPath(6, dir, abi.OPath), plan.MoveMount(5, 6, ""), seen)},
		{name: "tells that the target is missing", op: plan.OpMoveMount, err: unix.ENOENT,
			ops: join(private, tmpfs(dir+"/none"))},
		{name: "clones a tree", op: plan.OpOpenTree, out: " " + dir + " ",
			ops: join(private, openPath(1, "/etc", abi.OPath),
				plan.OpenTree(2, 1, "", abi.OpenTreeClone|abi.AtEmptyPath), plan.MoveMount(2, plan.Cwd, dir), seen)},
		{name: "tells that the source is missing", op: plan.OpOpenTree, err: unix.ENOENT,
			ops: join(plan.OpenTree(2, plan.Cwd, "/none", 0))},
		{name: "makes a mount read-only", op: plan.OpMountSetattr, out: " ro,nosuid",
			ops: join(private, tmpfs(dir),
				plan.MountSetattr(5, "", 0, abi.MountAttrRdonly, 0, 0, plan.None), seen)},
		{name: "refuses unknown attributes", op: plan.OpMountSetattr, err: unix.EINVAL,
			ops: join(private, tmpfs(dir), plan.MountSetattr(5, "", 0, 1<<40, 0, 0, plan.None))},
		{name: "does not take an empty slot for no user namespace", op: plan.OpMountSetattr, err: unix.EBADF,
			ops: join(private, tmpfs(dir), plan.MountSetattr(5, "", 0, abi.MountAttrIdmap, 0, 0, 9))},
		{name: "detaches", op: plan.OpUmount, out: "gone",
			ops: join(private, tmpfs(dir), plan.Umount(dir, abi.MntDetach),
				sh("grep ' "+dir+" ' /proc/self/mountinfo || echo gone"))},
		{name: "refuses what is no mount", op: plan.OpUmount, err: unix.EINVAL,
			ops: join(private, plan.Umount(dir, 0))},
	}...)
}

func coverCases(t *testing.T) []opCase {
	masks := tree(t, "dir dir", "file file")
	root := tree(t, "dir d", "file f", "fifo fifo", "link l d", "link loop loop", "dir d/in")
	if err := os.WriteFile(root+"/f", []byte("secret"), 0o644); err != nil {
		t.Fatal(err)
	}
	// The masks are a mount of their own, as the runtime's tmpfs is.
	begin := join(private, openPath(1, root, abi.OPath),
		plan.OpenTree(2, plan.Cwd, masks, abi.OpenTreeClone), plan.MoveMount(2, plan.Cwd, masks),
		plan.OpenTree(7, plan.Cwd, root, abi.OpenTreeClone), plan.MoveMount(7, plan.Cwd, root),
		openPath(1, root, abi.OPath))
	mask := func(path string) []plan.Op { return join(begin, plan.Mask(1, path, 2)) }
	readonly := func(path string) []plan.Op { return join(begin, plan.Readonly(1, path)) }
	return []opCase{
		{name: "hides a file", op: plan.OpMask, out: "<>",
			ops: join(mask("f"), sh("echo \"<$(cat "+root+"/f)>\""))},
		{name: "hides a directory", op: plan.OpMask, out: "<>",
			ops: join(mask("d"), sh("echo \"<$(ls "+root+"/d)>\""))},
		{name: "hides what a link in the root leads to", op: plan.OpMask, out: "<>",
			ops: join(mask("l"), sh("echo \"<$(ls "+root+"/d)>\""))},
		{name: "hides a FIFO without opening it", op: plan.OpMask, out: "regular empty file",
			ops: join(mask("fifo"), sh("stat -c %F "+root+"/fifo"))},
		{name: "leaves a missing path alone", op: plan.OpMask, ops: mask("none/such")},
		{name: "leaves a path through a file alone", op: plan.OpMask, ops: mask("f/x")},
		{name: "refuses a loop", op: plan.OpMask, err: unix.ELOOP, ops: mask("loop")},
		{name: "needs something to hide behind", op: plan.OpMask, err: unix.EBADF,
			ops: join(begin, plan.Mask(1, "f", 9))},
		{name: "makes a directory read-only", op: plan.OpReadonly, out: "Read-only",
			ops: join(readonly("d"), sh("touch "+root+"/x; touch "+root+"/d/x 2>&1 || true"))},
		{name: "makes a file read-only", op: plan.OpReadonly, out: "Read-only",
			ops: join(readonly("f"), sh("(echo >"+root+"/f) 2>&1 || true"))},
		{name: "leaves a missing path alone", op: plan.OpReadonly, ops: readonly("none")},
		{name: "refuses a loop", op: plan.OpReadonly, err: unix.ELOOP, ops: readonly("loop")},
	}
}

func directoryCases(t *testing.T) []opCase {
	root := tree(t, "dir bin", "dir in")
	busybox, err := os.ReadFile("/bin/busybox")
	if err != nil {
		t.Fatalf("a static busybox is needed: %v", err)
	}
	if err := os.WriteFile(root+"/bin/sh", busybox, 0o755); err != nil {
		t.Fatal(err)
	}
	pivot := join(private, plan.OpenTree(2, plan.Cwd, root, abi.OpenTreeClone),
		plan.MoveMount(2, plan.Cwd, root), plan.Fchdir(2), plan.PivotRoot())
	return []opCase{
		{name: "changes the root", op: plan.OpPivotRoot, out: "bin in",
			ops: join(pivot, plan.Umount(".", abi.MntDetach), plan.Chdir("/"), sh("echo *"))},
		{name: "refuses the root itself", op: plan.OpPivotRoot, err: unix.EBUSY,
			ops: join(private, plan.Chdir("/"), plan.PivotRoot())},
		{name: "changes the root", op: plan.OpChroot, out: "bin in",
			ops: join(plan.Chroot(root), plan.Chdir("/"), sh("echo *"))},
		{name: "tells that the root is missing", op: plan.OpChroot, err: unix.ENOENT,
			ops: join(plan.Chroot(root + "/none"))},
		{name: "changes the directory", op: plan.OpFchdir, out: root + "/in",
			ops: join(openPath(1, root+"/in", abi.OPath), plan.Fchdir(1), sh("pwd"))},
		{name: "refuses a file", op: plan.OpFchdir, err: unix.ENOTDIR,
			ops: join(openPath(1, root+"/bin/sh", abi.OPath), plan.Fchdir(1))},
		{name: "changes the directory", op: plan.OpChdir, out: root + "/in",
			ops: join(plan.Chdir(root+"/in"), sh("pwd"))},
		{name: "tells that the directory is missing", op: plan.OpChdir, err: unix.ENOENT,
			ops: join(plan.Chdir(root + "/none"))},
		{name: "refuses a directory outside the root", op: plan.OpChdir, err: unix.ENOENT,
			ops: join(openPath(1, "/etc", abi.OPath), pivot, plan.Umount(".", abi.MntDetach),
				plan.Fchdir(1), plan.Chdir("."))},
	}
}
