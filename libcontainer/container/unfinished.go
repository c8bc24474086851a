package container

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"rt/libcontainer/cgroup"
	"rt/libcontainer/internal/sys"
	"rt/libcontainer/launch"
	"rt/libcontainer/state"
)

func fileOf(path string) file {
	f, err := identify(path)
	if err != nil {
		return file{}
	}
	return f
}

// endUnfinished ends what a creator that was killed has left running, and returns
// when it is gone. The stage, and init until it executes the user's program, are
// known by their program, of which every container has a copy of its own; they
// would die by themselves at their next message, but that may take a while. Hooks,
// and what they have started, are known by the file that their output goes to.
// Everything else is in the container's cgroups.
func endUnfinished(dir *state.Locked, stageDev, stageIno uint64, cgroups []string) error {
	if err := cgroup.Open(cgroups).Signal(unix.SIGKILL); err != nil {
		return err
	}
	program, output := file{stageDev, stageIno}, fileOf(dir.Path+"/"+launch.HookLog)
	deadline := time.Now().Add(killTime * time.Millisecond)
	// Two looks without a find: while the first one went through the list, a
	// process may have been born at a place it had passed.
	for clean := 0; clean < 2; {
		pids, err := holders(program, output)
		if err != nil {
			return err
		}
		clean++
		for _, pid := range pids {
			clean = 0
			if err := endHolder(pid, program, output, deadline); err != nil {
				return err
			}
		}
	}
	return nil
}

// holders lists the processes that execute program or have output open.
func holders(program, output file) (list []int, err error) {
	proc, err := os.Open("/proc")
	if err != nil {
		return nil, err
	}
	defer proc.Close()
	names, err := proc.Readdirnames(-1)
	if err != nil {
		return nil, err
	}
	for _, name := range names {
		if pid, err := strconv.Atoi(name); err == nil && pid != os.Getpid() && holds("/proc/"+name, program, output) {
			list = append(list, pid)
		}
	}
	return list, nil
}

// holds looks at one process. Links are read before a file is looked at: that of a
// network file system whose server is gone would block.
func holds(proc string, program, output file) bool {
	exe, err := os.Readlink(proc + "/exe")
	if errors.Is(err, os.ErrPermission) && program.ino != 0 {
		// Somebody else's, or a stage of ours that is not dumpable.
		title, _ := sys.ReadFile(proc+"/cmdline", 4096)
		first, _, _ := strings.Cut(string(title), "\x00")
		return first == launch.StageTitle(program.ino)
	}
	if err != nil {
		return false // a zombie, a kernel thread, or somebody else's
	}
	if program.ino != 0 && strings.Contains(exe, launch.StageName) && fileOf(proc+"/exe") == program {
		return true
	}
	if output.ino == 0 {
		return false
	}
	fds, err := os.Open(proc + "/fd")
	if err != nil {
		return false
	}
	defer fds.Close()
	names, _ := fds.Readdirnames(-1)
	for _, name := range names {
		path := proc + "/fd/" + name
		if to, err := os.Readlink(path); err == nil && strings.HasSuffix(to, "/"+launch.HookLog) && fileOf(path) == output {
			return true
		}
	}
	return false
}

// endHolder kills one and waits for its end. The descriptor is taken before the
// process is looked at again: by now the pid may be somebody else's.
func endHolder(pid int, program, output file, deadline time.Time) error {
	fd, err := unix.PidfdOpen(pid, 0)
	if err != nil {
		return nil // gone
	}
	defer unix.Close(fd)
	if !holds("/proc/"+strconv.Itoa(pid), program, output) {
		return nil
	}
	if err := unix.PidfdSendSignal(fd, unix.SIGKILL, nil, 0); err != nil && !errors.Is(err, unix.ESRCH) {
		return fmt.Errorf("killing process %d: %w", pid, err)
	}
	fds := []unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}
	for {
		n, err := unix.Poll(fds, max(int(time.Until(deadline).Milliseconds()), 0))
		switch {
		case err == unix.EINTR:
			continue
		case err != nil:
			return os.NewSyscallError("poll", err)
		case n == 0:
			return fmt.Errorf("process %d of the unfinished container did not die within 10 s of SIGKILL", pid)
		}
		return nil
	}
}
