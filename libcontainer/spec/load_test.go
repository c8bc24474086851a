package spec

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

func TestLoadReadsTheConfigurationOfABundle(t *testing.T) {
	bundle := t.TempDir()
	if err := os.WriteFile(bundle+"/config.json", fixture(t, "engine.json"), 0o600); err != nil {
		t.Fatal(err)
	}
	c, err := Load(bundle)
	if err != nil {
		t.Fatal(err)
	}
	if c.Spec.Hostname != "4f1d5b3a9c7e" {
		t.Errorf("hostname is %q", c.Spec.Hostname)
	}
}

func TestLoadFollowsASymlinkToAFile(t *testing.T) {
	bundle := t.TempDir()
	if err := os.WriteFile(bundle+"/real", fixture(t, "default.json"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("real", bundle+"/config.json"); err != nil {
		t.Fatal(err)
	}
	if _, err := Load(bundle); err != nil {
		t.Error(err)
	}
}

func TestLoadRejects(t *testing.T) {
	for _, tt := range []struct {
		name  string
		place func(config string) error // puts something at bundle/config.json
		want  string
	}{
		{"nothing", func(string) error { return nil }, "config.json: no such file or directory"},
		{"a directory", func(p string) error { return os.Mkdir(p, 0o700) }, "config.json: is a directory, want a regular file"},
		{"a FIFO", func(p string) error { return syscall.Mkfifo(p, 0o600) }, "config.json: is a FIFO, want a regular file"},
		{"a character device", func(p string) error { return os.Symlink("/dev/null", p) }, "config.json: is a character device, want a regular file"},
		{"a socket", func(p string) error { return listen(t, p) }, "config.json: no such device or address"},
		{"a symlink to itself", func(p string) error { return os.Symlink("config.json", p) }, "config.json: too many levels of symbolic links"},
		{"64 MiB", func(p string) error { return sparse(p, 64<<20) }, "config.json: is 67108864 bytes, want at most 16777216 (16 MiB)"},
		{"an empty file", func(p string) error { return sparse(p, 0) }, "config.json: got an empty file, want an object"},
		{"zeros", func(p string) error { return sparse(p, 4096) }, `config.json: got '\x00', want an object`},
		{"a wrong type", func(p string) error { return os.WriteFile(p, []byte("{\n\"root\": 1}"), 0o600) },
			"config.json: root: got the number 1, want an object (line 2, column 9)"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			bundle := t.TempDir()
			if err := tt.place(filepath.Join(bundle, "config.json")); err != nil {
				t.Fatal(err)
			}
			start := time.Now()
			_, err := Load(bundle)
			if err == nil || !strings.Contains(err.Error(), bundle) || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got the error %v, want %q", err, tt.want)
			}
			if d := time.Since(start); d > time.Second {
				t.Errorf("took %v", d)
			}
		})
	}
}

func TestLoadRejectsABundleThatIsNoDirectory(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := sparse(file, 0); err != nil {
		t.Fatal(err)
	}
	if _, err := Load(file); !errors.Is(err, syscall.ENOTDIR) {
		t.Errorf("got the error %v for a file, want ENOTDIR", err)
	}
	if _, err := Load(file + "/none"); !errors.Is(err, syscall.ENOTDIR) {
		t.Errorf("got the error %v below a file, want ENOTDIR", err)
	}
	if _, err := Load(filepath.Dir(file) + "/none"); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("got the error %v for nothing, want ErrNotExist", err)
	}
	if _, err := Load(""); err == nil || !strings.Contains(err.Error(), "empty path") {
		t.Errorf("got the error %v for an empty path", err)
	}
}

func TestReadAllStopsAtTheLimitWhenAFileGrows(t *testing.T) {
	f, err := os.Create(filepath.Join(t.TempDir(), "file"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := f.Truncate(maxSize + 1); err != nil {
		t.Fatal(err)
	}
	if _, err := readAll(int(f.Fd()), "file", 10); err == nil || !strings.Contains(err.Error(), "want at most 16777216") {
		t.Errorf("got the error %v, want one about the limit", err)
	}
}

func TestLoadLeavesNoDescriptorOpen(t *testing.T) {
	bundle := t.TempDir()
	before := descriptors(t)
	for range 3 {
		if _, err := Load(bundle); err == nil {
			t.Fatal("loaded nothing")
		}
	}
	if err := syscall.Mkfifo(bundle+"/config.json", 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Load(bundle); err == nil {
		t.Fatal("loaded a FIFO")
	}
	if after := descriptors(t); after != before {
		t.Errorf("%d descriptors are open, %d were", after, before)
	}
}

func descriptors(t *testing.T) int {
	t.Helper()
	entries, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	return len(entries)
}

func sparse(path string, size int64) error {
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		return err
	}
	return os.Truncate(path, size)
}

func listen(t *testing.T, path string) error {
	fd, err := syscall.Socket(syscall.AF_UNIX, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		return err
	}
	t.Cleanup(func() { syscall.Close(fd) })
	return syscall.Bind(fd, &syscall.SockaddrUnix{Name: path})
}
