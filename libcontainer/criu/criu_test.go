package criu

import (
	"bytes"
	"os"
	"reflect"
	"strings"
	"testing"
)

func TestARequestIsTheBytesThatProtocolBuffersSay(t *testing.T) {
	o := Options{ImagesDir: 5, WorkDir: -1, LogFile: "l", Pid: 300, CgroupMode: 6}
	want := []byte{
		0x08, 1, // type: dump
		0x12, 0x24, // opts
		0x08, 5, // images_dir_fd
		0x48, 4, // log_level
		0x52, 1, 'l', // log_file
		0x60, 1, // notify_scripts
		0x90, 3, 1, // orphan_pts_master
		0xc0, 1, 1, // manage_cgroups
		0x90, 2, 6, // manage_cgroups_mode
		0x10, 0xac, 2, // pid
		0xf0, 1, 1, // ext_masters
	}
	want[3] = byte(len(want) - 4)
	if got := o.encode(Dump); !bytes.Equal(got, want) {
		t.Errorf("got  % x\nwant % x", got, want)
	}
}

func TestARestoreNamesWhatComesFromOutside(t *testing.T) {
	o := Options{
		WorkDir: 7, External: []string{"mnt[rt-0]:/x"}, EmptyNS: 0x40000000,
		CgroupRoots: []CgroupRoot{{"cpu", "/c"}}, Inherit: []InheritFd{{"pipe:[1]", 2}}, JoinNS: []JoinNS{{"ipc", "/n"}},
		LsmProfile: "apparmor:p",
	}
	var opts []byte
	if err := decode(o.encode(Restore), func(field int, n uint64, s []byte) error {
		if field == 1 && n != uint64(Restore) {
			t.Errorf("type %d", n)
		}
		if field == 2 {
			opts = s
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	numbers, texts := map[int]uint64{}, map[int]string{}
	if err := decode(opts, func(field int, n uint64, s []byte) error {
		numbers[field], texts[field] = n, string(s)
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	for field, want := range map[int]string{
		37: "mnt[rt-0]:/x", 53: "apparmor:p",
		25: "\n\x03cpu\x12\x02/c", 27: "\n\x08pipe:[1]\x10\x02", 39: "\n\x03ipc\x12\x02/n",
	} {
		if texts[field] != want {
			t.Errorf("field %d: %q, want %q", field, texts[field], want)
		}
	}
	for field, want := range map[int]uint64{17: 7, 26: 1, 38: 0x40000000} {
		if numbers[field] != want {
			t.Errorf("field %d: %d, want %d", field, numbers[field], want)
		}
	}
}

func TestAResponseIsUnderstood(t *testing.T) {
	for _, tc := range []struct {
		data string
		want response
	}{
		{"\x08\x06\x10\x01\x2a\x11\x0a\x0cpost-restore\x10\xac\x02", response{kind: notify, success: true, script: "post-restore", pid: 300}},
		{"\x08\x02\x10\x01\x22\x02\x08\x05", response{kind: Restore, success: true, pid: 5}},
		{"\x08\x01\x10\x00\x38\x10\x4a\x02no", response{kind: Dump, errno: 16, message: "no"}},
		{"\x08\x09\x10\x01\x42\x04\x08\x01\x10\x01", response{kind: featureCheck, success: true, memTrack: true, lazyPages: true}},
		{"\x08\x0a\x10\x01\x52\x06\x08\x03\x10\x11\x20\x01", response{kind: versionCheck, success: true, version: 31701}},
		{"\x08\x01\x10\x01\xf9\x3f12345678\xfd\x3f1234", response{kind: Dump, success: true}}, // fields of later versions
	} {
		got, err := parseResponse([]byte(tc.data))
		if err != nil || !reflect.DeepEqual(*got, tc.want) {
			t.Errorf("%q: %+v, %v; want %+v", tc.data, got, err, tc.want)
		}
	}
}

func FuzzResponse(f *testing.F) {
	f.Add([]byte("\x08\x06\x10\x01\x2a\x11\x0a\x0cpost-restore\x10\xac\x02"))
	f.Add([]byte("\x08\x0a\x10\x01\x52\x06\x08\x03\x10\x11\x20\x01"))
	f.Fuzz(func(_ *testing.T, data []byte) { _, _ = parseResponse(data) })
}

func TestATruncatedResponseIsAnErrorOrShorter(t *testing.T) {
	data := []byte("\x08\x06\x10\x01\x2a\x11\x0a\x0cpost-restore\x10\xac\x02")
	for n := range data {
		if r, err := parseResponse(data[:n]); err == nil && r.script != "" {
			t.Errorf("%d bytes give %+v", n, r)
		}
	}
	for _, bad := range []string{"\x00", "\x0f", "\x0a\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", "\x09123", "\x08\xff"} {
		if _, err := parseResponse([]byte(bad)); err == nil {
			t.Errorf("%q is read", bad)
		}
	}
}

func TestTheReasonIsTheFirstErrorThatSaysSomething(t *testing.T) {
	for _, tc := range []struct{ log, want string }{
		{"(00.1) Error (criu/tun.c:85): tun: Unable to create tun\n(00.2) nothing\n(00.3) Error (criu/file-lock.c:112): Some file locks\n(00.4) Error (criu/cr-dump.c:2053): Dumping FAILED.\n",
			"criu/file-lock.c:112: Some file locks"},
		{"Error (criu/util.c:627): execvp(\"iptables-restore\", ...) failed: No such file\n(00.2) Error (criu/util.c:642): exited, status=1\n",
			`criu/util.c:627: execvp("iptables-restore", ...) failed: No such file`},
		{"(00.2) Error (criu/util.c:642): exited, status=1\n(00.3) Error (criu/cr-dump.c:2053): Dumping FAILED.\n", "criu/util.c:642: exited, status=1"},
		{"(00.1) no error", ""},
		{"(00.1) Error (criu/x.c:1): a\x1b[31m\xffb", "criu/x.c:1: a?[31m?b"},
		{"name of a file with many characters in it, which the container has chosen, Error (criu/x.c:1): forged\n", ""},
		{"Error (criu/x.c:1): " + strings.Repeat("x", 700), "criu/x.c:1: " + strings.Repeat("x", 588) + "..."},
	} {
		if got := reason(strings.NewReader(tc.log)); got != tc.want {
			t.Errorf("%q: %q, want %q", tc.log, got, tc.want)
		}
	}
}

func TestNoReasonIsReadFromWhatIsNoRegularFile(t *testing.T) {
	dir := t.TempDir()
	if err := os.Symlink("/proc/kmsg", dir+"/l"); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{dir + "/l", dir, dir + "/none", "/dev/zero"} {
		if got := Reason(path); got != "" {
			t.Errorf("%s: %q", path, got)
		}
	}
}

func TestMountsAreReadWithTheirEscapes(t *testing.T) {
	list, err := ParseMounts(`36 35 98:0 /mnt1 /a\040b\134\012 rw,noatime master:1 - ext3 /dev/root rw
108 106 0:26 /../r2 /sys/fs/cgroup ro - cgroup2  rw
`)
	want := []Mount{
		{36, 35, "/mnt1", "/a b\\\n", "ext3", "/dev/root"},
		{108, 106, "/../r2", "/sys/fs/cgroup", "cgroup2", ""},
	}
	if err != nil || !reflect.DeepEqual(list, want) {
		t.Errorf("got %+v, %v", list, err)
	}
	for _, bad := range []string{"x", "36 35 98:0 / /", "a 35 98:0 / / rw - ext3 x rw"} {
		if _, err := ParseMounts(bad); err == nil {
			t.Errorf("%q is read", bad)
		}
	}
}

func TestAMountPointThatCriuWouldTakeApartIsRefused(t *testing.T) {
	if got, err := DumpMount("/a]b:c", "rt-0"); err != nil || got != "mnt[/a]b:c]:rt-0" {
		t.Errorf("%q, %v", got, err)
	}
	if got, err := DumpMount("/a]:/etc", "rt-0"); err == nil {
		t.Errorf("%q", got)
	}
}

func TestCgroupModesHaveTheNamesOfCriu(t *testing.T) {
	for name, want := range map[string]CgroupMode{"": 6, "soft": 3, "full": 4, "strict": 5, "ignore": 0} {
		if got, err := ParseCgroupMode(name); err != nil || got != want {
			t.Errorf("%q: %d, %v", name, got, err)
		}
	}
	if _, err := ParseCgroupMode("most"); err == nil {
		t.Error("most is a mode")
	}
}
