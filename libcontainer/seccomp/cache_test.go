package seccomp

import (
	"bytes"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	specs "github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"
)

// withoutCompiler makes every miss an error for the rest of the test.
func withoutCompiler(t *testing.T) {
	program := compilerProgram
	compilerProgram = ""
	t.Cleanup(func() { compilerProgram = program })
}

// cached compiles Docker's profile into a new cache and returns its only file.
func cached(t *testing.T) (dir, file string, f *Filter) {
	t.Helper()
	dir = filepath.Join(t.TempDir(), "cache")
	f, err := Compile(docker(t), dir)
	if err != nil {
		t.Fatal(err)
	}
	list, err := os.ReadDir(dir)
	if err != nil || len(list) != 1 {
		t.Fatalf("%v, %v", list, err)
	}
	return dir, filepath.Join(dir, list[0].Name()), f
}

func TestACachedFilterNeedsNoCompiler(t *testing.T) {
	dir, _, want := cached(t)
	withoutCompiler(t)
	got, err := Compile(docker(t), dir)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got.Program, want.Program) || got.Flags != want.Flags {
		t.Error("the cached filter is another one")
	}
}

func TestTheCacheIsForItsOwnerAlone(t *testing.T) {
	dir, file, _ := cached(t)
	for path, want := range map[string]os.FileMode{dir: os.ModeDir | 0o700, file: 0o600} {
		info, err := os.Stat(path)
		if err != nil || info.Mode() != want {
			t.Errorf("%s: %v, %v; want %v", path, info.Mode(), err, want)
		}
	}
}

func TestWhateverTheProgramDependsOnIsInTheKey(t *testing.T) {
	arg := []specs.LinuxSeccompArg{{Index: 1, Op: specs.OpEqualTo, Value: 1}}
	key := func(change func(*specs.LinuxSeccomp)) string {
		s := allowing(change)
		s.Syscalls[0].Args = append(s.Syscalls[0].Args, arg...)
		p, err := check(s)
		if err != nil {
			t.Fatal(err)
		}
		return string(p.key)
	}
	keys := map[string]bool{key(func(*specs.LinuxSeccomp) {}): true}
	for _, change := range []func(*specs.LinuxSeccomp){
		func(s *specs.LinuxSeccomp) { s.DefaultAction = specs.ActTrap },
		func(s *specs.LinuxSeccomp) { s.DefaultErrnoRet = ptr(2) },
		func(s *specs.LinuxSeccomp) { s.Architectures = []specs.Arch{specs.ArchX86} },
		func(s *specs.LinuxSeccomp) { s.Architectures = []specs.Arch{specs.ArchX32} },
		func(s *specs.LinuxSeccomp) { s.Syscalls[0].Names = []string{"getppid"} },
		func(s *specs.LinuxSeccomp) { s.Syscalls[0].Names = []string{"getpid", "read"} },
		func(s *specs.LinuxSeccomp) { s.Syscalls[0].Action = specs.ActLog },
		func(s *specs.LinuxSeccomp) { s.Syscalls[0].Args = []specs.LinuxSeccompArg{{Op: specs.OpNotEqual}} },
		func(s *specs.LinuxSeccomp) {
			s.Syscalls[0].Action, s.Syscalls[0].ErrnoRet = specs.ActErrno, ptr(3)
		},
		func(s *specs.LinuxSeccomp) {
			s.Syscalls = append(s.Syscalls, specs.LinuxSyscall{Action: specs.ActAllow, Names: []string{"read"}})
		},
	} {
		keys[key(change)] = true
	}
	for _, a := range []specs.LinuxSeccompArg{
		{Index: 2, Op: specs.OpEqualTo, Value: 1}, {Index: 1, Op: specs.OpLessThan, Value: 1},
		{Index: 1, Op: specs.OpEqualTo, Value: 1 << 32}, {Index: 1, Op: specs.OpEqualTo, Value: 1, ValueTwo: 1},
	} {
		arg[0] = a
		keys[key(func(*specs.LinuxSeccomp) {})] = true
	}
	id := compilerID
	compilerID = strings.Repeat("0", len(id))
	keys[key(func(*specs.LinuxSeccomp) {})] = true
	compilerID = id
	if len(keys) != 16 {
		t.Errorf("%d different keys of 16", len(keys))
	}
}

func TestADamagedEntryIsCompiledAgainAndReplaced(t *testing.T) {
	dir, file, want := cached(t)
	good, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	damaged := map[string]func() error{
		"empty":     func() error { return os.WriteFile(file, nil, 0o600) },
		"truncated": func() error { return os.Truncate(file, int64(len(good)-8)) },
		"longer":    func() error { return os.WriteFile(file, append(bytes.Clone(good), good[:8]...), 0o600) },
		"huge":      func() error { return os.Truncate(file, maxEntry+1) },
		"readable":  func() error { return os.Chmod(file, 0o644) },
		"foreign":   func() error { return os.Chown(file, 12345, -1) },
		"symbolic link": func() error {
			return os.Symlink(filepath.Join(dir, "other"), file)
		},
		"fifo": func() error { return unix.Mkfifo(file, 0o600) },
	}
	for off := 0; off < len(good); off += 1 + len(good)/50 {
		damaged["byte "+strconv.Itoa(off)] = func() error {
			data := bytes.Clone(good)
			data[off] ^= 0x10
			return os.WriteFile(file, data, 0o600)
		}
	}
	if os.Geteuid() != 0 {
		delete(damaged, "foreign")
	}
	for name, damage := range damaged {
		if err := os.WriteFile(file, good, 0o600); err != nil {
			t.Fatal(err)
		}
		if name == "symbolic link" || name == "fifo" {
			if err := os.Rename(file, filepath.Join(dir, "other")); err != nil {
				t.Fatal(err)
			}
		}
		if err := damage(); err != nil {
			t.Fatal(err)
		}
		p, err := check(docker(t))
		if err != nil {
			t.Fatal(err)
		}
		if _, ok := (&cache{dir: dir, key: p.key}).load(); ok {
			t.Errorf("%s: loaded", name)
		}
		f, err := Compile(docker(t), dir)
		if err != nil || !bytes.Equal(f.Program, want.Program) || len(f.Warnings) > 0 {
			t.Fatalf("%s: not compiled again: %v", name, err)
		}
		if data, err := os.ReadFile(file); err != nil || !bytes.Equal(data, good) {
			t.Errorf("%s: not replaced: %v", name, err)
		}
	}
}

func TestAnEntryOfAnotherProfileWithTheSameHashIsNotTaken(t *testing.T) {
	dir, file, _ := cached(t)
	p, err := check(allowing(func(*specs.LinuxSeccomp) {}))
	if err != nil {
		t.Fatal(err)
	}
	c := cache{dir: dir, key: p.key}
	if err := os.Rename(file, c.path()); err != nil {
		t.Fatal(err)
	}
	if _, ok := c.load(); ok {
		t.Error("loaded")
	}
}

func TestTheCacheKeepsTheLastUsedEntries(t *testing.T) {
	dir, file, _ := cached(t)
	old := time.Now().Add(-48 * time.Hour)
	if err := os.Chtimes(file, old, old); err != nil {
		t.Fatal(err)
	}
	// Docker's profile is used once more and so is not the oldest.
	if _, err := Compile(docker(t), dir); err != nil {
		t.Fatal(err)
	}
	for i := range cacheEntries {
		name := filepath.Join(dir, tempPrefix+strconv.Itoa(i))
		if err := os.WriteFile(name, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		when := time.Now().Add(-time.Duration(cacheEntries-i) * time.Minute)
		if err := os.Chtimes(name, when, when); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := Compile(allowing(func(*specs.LinuxSeccomp) {}), dir); err != nil {
		t.Fatal(err)
	}
	list, err := os.ReadDir(dir)
	if err != nil || len(list) != cacheEntries {
		t.Fatalf("%d entries: %v", len(list), err)
	}
	for name, want := range map[string]bool{filepath.Base(file): true, tempPrefix + "0": false, tempPrefix + "1": false, tempPrefix + "2": true} {
		if _, err := os.Stat(filepath.Join(dir, name)); (err == nil) != want {
			t.Errorf("%s: kept %v, want %v", name, err == nil, want)
		}
	}
}

func TestAnUnusableCacheIsAWarning(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	f, err := Compile(docker(t), filepath.Join(file, "cache"))
	if err != nil || len(f.Program) == 0 {
		t.Fatal(err)
	}
	if len(f.Warnings) != 1 || !strings.HasPrefix(f.Warnings[0], "the seccomp filter is not cached: ") {
		t.Errorf("%q", f.Warnings)
	}
}

func TestManyMayFillTheCacheAtOnce(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "cache")
	want := compile(t, docker(t))
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			f, err := Compile(docker(t), dir)
			if err != nil || !bytes.Equal(f.Program, want.Program) || len(f.Warnings) > 0 {
				t.Errorf("%v", err)
			}
		})
	}
	group.Wait()
	if list, err := os.ReadDir(dir); err != nil || len(list) != 1 {
		t.Errorf("%v, %v", list, err)
	}
}

func BenchmarkHit(b *testing.B) {
	s, dir := docker(b), b.TempDir()
	if _, err := Compile(s, dir); err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Compile(s, dir); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkMiss(b *testing.B) {
	s := docker(b)
	for b.Loop() {
		if _, err := Compile(s, ""); err != nil {
			b.Fatal(err)
		}
	}
}
