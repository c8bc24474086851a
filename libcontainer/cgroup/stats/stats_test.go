package stats

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// tree lays out a text of "== DIR/FILE" headings as files and returns the directories.
func tree(t *testing.T, name string) []string {
	t.Helper()
	data, err := os.ReadFile("testdata/" + name + ".txt")
	if err != nil {
		t.Fatal(err)
	}
	root := t.TempDir()
	var dirs []string
	for i, part := range strings.Split("\n"+string(data), "\n== ") {
		path, content, _ := strings.Cut(part, "\n")
		if i == 0 {
			continue
		}
		file := filepath.Join(root, path)
		dir := filepath.Dir(file)
		if len(dirs) == 0 || dirs[len(dirs)-1] != dir {
			dirs = append(dirs, dir)
		}
		if err := os.MkdirAll(dir, 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(content+"\n"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dirs
}

func TestFilesOfEveryKindOfHostBecomeTheJSONThatEnginesDecode(t *testing.T) {
	for _, name := range []string{"v1", "v2", "hybrid", "bfq"} {
		t.Run(name, func(t *testing.T) {
			s, err := Read(tree(t, name))
			if err != nil {
				t.Fatal(err)
			}
			got, err := json.MarshalIndent(s, "", " ")
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, '\n')
			file := "testdata/" + name + ".golden"
			if *update {
				if err := os.WriteFile(file, got, 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(got, want) {
				t.Errorf("%s differs; got:\n%s", file, got)
			}
		})
	}
}

func TestAContainerThatIsGoneHasNoNumbersAndNoError(t *testing.T) {
	s, err := Read([]string{"/nonexistent/a", "/nonexistent/b"})
	if err != nil || s.Pids.Current != 0 || s.Hugetlb == nil {
		t.Errorf("got %+v, %v", s, err)
	}
}

func TestAFileThatCannotBeReadIsAnError(t *testing.T) {
	dir := t.TempDir()
	for _, f := range []string{"pids.current", "pids.max"} {
		if err := os.Mkdir(dir+"/"+f, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := Read([]string{dir}); err == nil {
		t.Error("reading a directory was no error")
	}
}

func TestABusyProcessShowsInTheStatisticsOfThisHost(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("making cgroups needs root")
	}
	var dirs []string
	for _, h := range []string{"cpu", "cpuacct", "memory", "pids", "unified"} {
		dir := "/sys/fs/cgroup/" + h + "/rt-test-stats-" + strconv.Itoa(os.Getpid())
		if os.Mkdir(dir, 0o755) == nil {
			dirs = append(dirs, dir)
			defer func() {
				for os.Remove(dir) != nil {
				}
			}()
		}
	}
	if len(dirs) != 5 {
		t.Skip("this is no hybrid host with the usual mounts")
	}
	cmd := exec.Command("sh", "-c", "read go; i=0; while [ $i -lt 20000 ]; do i=$((i+1)); done; echo; sleep 100")
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL, Setpgid: true}
	in, _ := cmd.StdinPipe()
	out, _ := cmd.StdoutPipe()
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL); _ = cmd.Wait() }()
	for _, d := range dirs {
		if err := os.WriteFile(d+"/cgroup.procs", []byte(strconv.Itoa(cmd.Process.Pid)), 0); err != nil {
			t.Fatal(err)
		}
	}
	_, _ = in.Write([]byte("go\n"))
	_, _ = out.Read(make([]byte, 1))
	s, err := Read(dirs)
	if err != nil {
		t.Fatal(err)
	}
	u := s.CPU.Usage
	if u.Total < 1_000_000 || u.Total > 60_000_000_000 || len(u.Percpu) == 0 || s.Pids.Current < 1 || s.Memory.Usage.Usage == 0 ||
		s.Memory.Usage.Limit != 9223372036854771712 || s.Memory.Raw["hierarchical_memory_limit"] != s.Memory.Usage.Limit || s.CPU.PSI == nil {
		t.Errorf("implausible: %+v", s)
	}
}
