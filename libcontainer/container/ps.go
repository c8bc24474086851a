package container

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"

	"rt/libcontainer/cgroup"
	"rt/libcontainer/internal/sys"
	"rt/libcontainer/state"
)

// Processes are the pids of every process in a container's cgroup and the cgroups
// below it, in ascending order, as this process's pid namespace numbers them. A
// container that has ended has none. One without a cgroup has those in its pid
// namespace, or else init and its descendants.
func (rt *Runtime) Processes(id string) ([]int, error) {
	rec, err := state.Load(rt.Root, id)
	if err != nil {
		return nil, err
	}
	if boot, err := bootID(); err == nil && boot != rec.BootID {
		return nil, nil // other containers may have these cgroups by now
	}
	if len(rec.Cgroups) == 0 {
		if !alive(rec.Pid, rec.StartTime) {
			return nil, nil
		}
		return family(rec.Pid, rec.OwnPidNS)
	}
	return cgroup.Open(rec.Cgroups).Pids(true)
}

// family lists init and the processes that descend from it or, with inNamespace, from
// any process of its pid namespace: exec puts some there that are not init's children.
func family(init int, inNamespace bool) ([]int, error) {
	proc, err := os.Open("/proc")
	if err != nil {
		return nil, err
	}
	defer proc.Close()
	names, err := proc.Readdirnames(-1)
	if err != nil {
		return nil, err
	}
	parents, member := map[int]int{}, map[int]bool{init: true}
	space := fileOf("/proc/" + strconv.Itoa(init) + "/ns/pid")
	for _, name := range names {
		pid, err := strconv.Atoi(name)
		if err != nil {
			continue
		}
		if parents[pid], err = sys.ProcParent(pid); err != nil {
			delete(parents, pid)
			continue
		}
		if inNamespace && space.ino != 0 && fileOf("/proc/"+name+"/ns/pid") == space {
			member[pid] = true
		}
	}
	var pids []int
	for pid := range parents {
		for at := pid; at > 0; at = parents[at] {
			if member[at] {
				pids = append(pids, pid)
				break
			}
		}
	}
	slices.Sort(pids)
	return pids, nil
}

// Ps is what ps(1) with the given options, by default -ef, prints about the
// processes of a container: its header and the lines with their pids. The options
// must be such that there is a column PID.
func (rt *Runtime) Ps(ctx context.Context, id string, options []string) ([]byte, error) {
	pids, err := rt.Processes(id)
	if err != nil {
		return nil, err
	}
	if len(options) == 0 {
		options = []string{"-ef"}
	}
	table, err := runPs(ctx, options)
	if err != nil {
		return nil, err
	}
	return filterPs(table, pids)
}

// psPaths is where ps is when PATH does not tell: engines call with an empty
// environment.
var psPaths = [...]string{"ps", "/usr/bin/ps", "/bin/ps"}

func runPs(ctx context.Context, options []string) ([]byte, error) {
	path := ""
	for _, name := range psPaths {
		if found, err := exec.LookPath(name); err == nil {
			path = found
			break
		}
	}
	if path == "" {
		return nil, errors.New("ps is not installed; --format json needs no ps")
	}
	var out, problem bytes.Buffer
	cmd := exec.CommandContext(ctx, path, options...)
	cmd.Stdout, cmd.Stderr = &out, &problem
	if err := cmd.Run(); err != nil {
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		return nil, fmt.Errorf("ps %s: %w: %s", strings.Join(options, " "), err,
			strings.TrimSpace(problem.String()+out.String()))
	}
	return out.Bytes(), nil
}

// filterPs keeps the header of a table of ps and the lines whose column PID has one
// of the pids. Columns are counted by words, so PID must not stand behind one that
// has more or fewer words than its title.
func filterPs(table []byte, pids []int) ([]byte, error) {
	header, rest, _ := bytes.Cut(table, []byte("\n"))
	column := -1
	for i, title := range bytes.Fields(header) {
		if string(title) == "PID" {
			column = i
			break
		}
	}
	if column < 0 {
		return nil, errors.New("the output of ps has no column PID, which is needed to find the container's processes; use options that show it")
	}
	out := append(append([]byte(nil), header...), '\n')
	for line := range bytes.Lines(rest) {
		fields := bytes.Fields(line)
		if len(fields) == 0 {
			continue
		}
		if len(fields) <= column {
			return nil, fmt.Errorf("a line of ps has no column PID: %q", line)
		}
		pid, err := strconv.Atoi(string(fields[column]))
		if err != nil {
			return nil, fmt.Errorf("column PID of ps is %q, want a number", fields[column])
		}
		if _, found := slices.BinarySearch(pids, pid); found {
			out = append(out, line...)
		}
	}
	return out, nil
}
