package container

import (
	"os"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	specs "github.com/opencontainers/runtime-spec/specs-go"
)

func TestARestoredProcessHasNoMoreThanTheConfiguration(t *testing.T) {
	s := &specs.Spec{
		Process: &specs.Process{NoNewPrivileges: true, Capabilities: &specs.LinuxCapabilities{Bounding: []string{"CAP_CHOWN", "CAP_KILL"}}},
		Linux:   &specs.Linux{Seccomp: &specs.LinuxSeccomp{DefaultAction: specs.ActErrno}},
	}
	const good = "CapInh:\t0\nCapPrm:\t21\nCapBnd:\t21\nCapAmb:\t0\nNoNewPrivs:\t1\nSeccomp:\t2\n"
	if err := checkStatus(s, good); err != nil {
		t.Error(err)
	}
	for bad, want := range map[string]string{
		strings.Replace(good, "CapBnd:\t21", "CapBnd:\t200021", 1):   "0x200000",
		strings.Replace(good, "CapPrm:\t21", "CapPrm:\t3", 1):        "0x2",
		strings.Replace(good, "CapAmb:\t0", "CapAmb:\t80", 1):        "0x80",
		strings.Replace(good, "CapInh:\t0", "CapInh:\t80", 1):        "0x80",
		strings.Replace(good, "CapBnd:\t21\n", "", 1):                "CapBnd",
		strings.Replace(good, "NoNewPrivs:\t1", "NoNewPrivs:\t0", 1): "noNewPrivileges",
		strings.Replace(good, "Seccomp:\t2", "Seccomp:\t0", 1):       "seccomp",
	} {
		if err := checkStatus(s, bad); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %s", bad, err, want)
		}
	}
}

func TestAProfileIsItsNameItsModeAndItsChildren(t *testing.T) {
	for _, has := range []string{"web (enforce)", "web (complain)", "web//helper (enforce)", "web"} {
		if !isUnder(has, "web") {
			t.Errorf("%q is refused", has)
		}
	}
	for _, has := range []string{"", "unconfined", "webs (enforce)", "we (enforce)", "web/x (enforce)", "web:s0"} {
		if isUnder(has, "web") {
			t.Errorf("%q is taken", has)
		}
	}
}

func TestOnlyKeysThatCheckpointMakesAreNames(t *testing.T) {
	for _, key := range []string{"rt-0", "rt-12", maskDir, maskFile} {
		if !ownKey(key) {
			t.Errorf("%q is refused", key)
		}
	}
	for _, key := range []string{"", "rt-", "0", "rt-/", "rt-..", "rt-a]:b", "rt-\n", "../rt-0", "RT-0"} {
		if ownKey(key) {
			t.Errorf("%q is taken", key)
		}
	}
}

func TestStdioIsAPipeOrAFile(t *testing.T) {
	for _, key := range []string{"pipe:[0]", "pipe:[18446744073709551615]", "file[18:4]", "file[0:ffffffffffffffff]"} {
		if !isPipe(key) && !isFileKey(key) {
			t.Errorf("%q is refused", key)
		}
	}
	for _, key := range []string{"", "pipe:[]", "pipe:[x]", "pipe:[1]]", "socket:[1]", "file[18:4]x", "file[018:4]", "file[x:4]", "extRootNetNS"} {
		if isPipe(key) || isFileKey(key) {
			t.Errorf("%q is taken", key)
		}
	}
}

func TestMountPointsAreMadeBelowTheRootAndThroughNoLink(t *testing.T) {
	dir := t.TempDir()
	outside := t.TempDir()
	if err := os.Symlink(outside, dir+"/link"); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(dir+"/file", nil, 0o600); err != nil {
		t.Fatal(err)
	}
	root, err := unix.Open(dir, unix.O_PATH|unix.O_DIRECTORY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(root)
	for _, p := range []savedPoint{{"/a/b", true}, {"/a/b", true}, {"/a/f", false}, {"/file", false}, {"/../../c", true}} {
		if err := makePoint(root, p); err != nil {
			t.Errorf("%+v: %v", p, err)
		}
		if st, err := os.Lstat(dir + "/" + strings.ReplaceAll(p.Path, "..", "")); err != nil || st.IsDir() != p.Dir {
			t.Errorf("%+v: %v %v", p, st, err)
		}
	}
	for _, p := range []savedPoint{{"/link", true}, {"/link/x", true}, {"/file", true}, {"/a", false}, {"/file/x", true}} {
		if err := makePoint(root, p); err == nil {
			t.Errorf("%+v is made", p)
		}
	}
	if left, err := os.ReadDir(outside); err != nil || len(left) > 0 {
		t.Errorf("outside there is %v, %v", left, err)
	}
}

func TestFilesOfImagesAreNoLinks(t *testing.T) {
	path := t.TempDir()
	dir, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer dir.Close()
	other := t.TempDir() + "/other"
	if err := os.WriteFile(other, []byte("[]"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(other, path+"/"+descriptorsFile); err != nil {
		t.Fatal(err)
	}
	var list []string
	if err := readImageFile(dir, descriptorsFile, &list); err == nil {
		t.Error("a link is followed")
	}
	if err := writeImageFile(dir, descriptorsFile, []string{"a"}); err != nil {
		t.Fatal(err)
	}
	if err := readImageFile(dir, descriptorsFile, &list); err != nil || len(list) != 1 {
		t.Errorf("%v, %v", list, err)
	}
	if data, err := os.ReadFile(other); err != nil || string(data) != "[]" {
		t.Errorf("what the link names is %q, %v", data, err)
	}
}
