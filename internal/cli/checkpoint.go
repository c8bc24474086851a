package cli

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"rt/libcontainer/container"
)

var checkpointCommand = command{
	name:     "checkpoint",
	synopsis: "ID",
	brief:    "save the processes of a container to a directory",
	help: `Saves the processes of the container ID, with their memory and what they have
open, as images that restore goes on from; criu(8) does. The container is stopped
then, except with --leave-running or --pre-dump.`,
	min: 1, max: 1,
	setup: func(f *flagSet) action {
		o := container.CheckpointOptions{StatusFd: -1}
		criuFlags(f, &o.CriuOptions)
		server := ""
		f.text(&o.ParentPath, "parent-path", "", "DIR", "earlier images of --pre-dump, relative to --image-path")
		f.toggle(&o.LeaveRunning, "leave-running", "", "let the processes go on")
		f.toggle(&o.TCPSkipInFlight, "tcp-skip-in-flight", "", "leave out connections that are not accepted yet")
		f.toggle(&o.LinkRemap, "link-remap", "", "give files that were unlinked a name for the time being")
		f.number(&o.StatusFd, "status-fd", "", "FD", "write a zero byte to FD when lazy pages can be asked for")
		f.text(&server, "page-server", "", "ADDRESS:PORT", "send memory to the page server there")
		f.toggle(&o.PreDump, "pre-dump", "", "save memory only, for a checkpoint to build on")
		return func(c *call) (int, error) {
			var err error
			if o.PageServer, o.PagePort, err = pageServer(server); err != nil {
				return 0, err
			}
			o.ID, o.Program = c.args[0], c.globals.criu
			r, err := c.runtime()
			if err != nil {
				return 0, err
			}
			return 0, interruptibly(func(ctx context.Context) error { return r.Checkpoint(ctx, o) })
		}
	},
}

// criuFlags declares what checkpoint and restore share.
func criuFlags(f *flagSet, o *container.CriuOptions) {
	f.text(&o.ImagePath, "image-path", "", "DIR", "directory of the images (default: checkpoint in the working directory)")
	f.text(&o.WorkPath, "work-path", "", "DIR", "directory of criu's log and temporary files (default: that of the images)")
	f.toggle(&o.TCP, "tcp-established", "", "allow established TCP connections")
	f.toggle(&o.ExtUnixSk, "ext-unix-sk", "", "allow unix sockets that are connected to the outside")
	f.toggle(&o.ShellJob, "shell-job", "", "allow a session and a terminal from outside the container")
	f.toggle(&o.LazyPages, "lazy-pages", "", "leave memory where it is until it is used (userfaultfd(2))")
	f.toggle(&o.FileLocks, "file-locks", "", "allow file locks")
	f.text(&o.CgroupsMode, "manage-cgroups-mode", "", "MODE", "what of cgroups is saved and restored: soft, full, strict or ignore (default soft)")
	f.each("empty-ns", "", "TYPE", "do not save the content of a namespace; network is the only type, and never saved", func(v string) error {
		o.EmptyNS = append(o.EmptyNS, v)
		return nil
	})
	f.toggle(&o.AutoDedup, "auto-dedup", "", "free memory in the images of --parent-path that is saved again")
}

// pageServer reads ADDRESS:PORT.
func pageServer(v string) (address string, port int, err error) {
	if v == "" {
		return "", 0, nil
	}
	i := strings.LastIndexByte(v, ':')
	if i > 0 {
		address = v[:i]
		port, err = strconv.Atoi(v[i+1:])
	}
	if strings.HasPrefix(address, "[") && strings.HasSuffix(address, "]") {
		address = address[1 : len(address)-1]
	} else if strings.Contains(address, ":") {
		address = "" // which colon ends it is not known
	}
	if err != nil || port < 1 || port > 65535 || address == "" {
		return "", 0, usageError{fmt.Sprintf("--page-server: %q, want ADDRESS:PORT with a port from 1 to 65535", v)}
	}
	return address, port, nil
}
