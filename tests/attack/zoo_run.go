package main

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	specs "github.com/opencontainers/runtime-spec/specs-go"
)

// answer is how long a call on a hostile tree may take on an idle machine.
const answer = time.Second

// runZoo makes containers of random hostile trees. It returns how much is wrong.
func runZoo(o *options) (findings int, err error) {
	b, err := newBox(o)
	if err != nil {
		return 0, err
	}
	if err := os.Rename(b.fs, b.dir+"/pristine"); err != nil {
		return 0, err
	}
	if err := os.WriteFile(b.dir+"/source", []byte("source\n"), 0o644); err != nil {
		return 0, err
	}
	h, err := b.look()
	if err != nil {
		return 0, err
	}
	ran, refused, worst := 0, 0, time.Duration(0)
	for i := range o.rounds {
		seed := o.seed + uint64(i)
		z := &tree61{box: b, rng: rand.New(rand.NewPCG(seed, 61))}
		if err := z.fresh(); err != nil {
			return findings, err
		}
		b.config = z.random()
		if err := b.writeConfig(); err != nil {
			return findings, err
		}
		if err := z.spoil(); err != nil {
			return findings, err
		}
		up, took, wrong := z.live()
		wrong = append(append(wrong, h.changed(b)...), h.left(b)...)
		if up {
			ran++
		} else {
			refused++
		}
		worst = max(worst, took)
		findings += len(wrong)
		if o.verbose {
			fmt.Println("#", strings.Join(z.done, ", "))
		}
		for _, text := range wrong {
			fmt.Printf("seed %d: %s (%s)\n", seed, text, strings.Join(z.done, ", "))
		}
	}
	if o.rounds > 20 && (ran == 0 || refused == 0) {
		findings++
		fmt.Println("all trees led to the same: this shows nothing")
	}
	fmt.Printf("zoo: %d trees from seed %d, %d ran, %d refused, slowest call %v, %d findings\n",
		o.rounds, o.seed, ran, refused, worst.Round(time.Millisecond), findings)
	return findings, nil
}

// chance is true n times out of ten.
func (z *tree61) chance(n int) bool { return z.rng.IntN(10) < n }

// random is a configuration that touches many places.
func (z *tree61) random() specs.Spec {
	s := z.defaults()
	s.Process.Args = []string{"sh", "-c", "echo up; cat /secret/key /etc/passwd /mnt/deep/passwd /work/passwd /data/passwd /dev/passwd /etc/dir/file | head -c 4096; echo end"}
	s.Mounts = append(s.Mounts,
		specs.Mount{Destination: "/dev/shm", Type: "tmpfs", Source: "shm", Options: []string{"nosuid", "mode=1777"}},
		specs.Mount{Destination: "/dev/mqueue", Type: "mqueue", Source: "mqueue"},
		specs.Mount{Destination: "/sys/fs/cgroup", Type: "cgroup", Source: "cgroup", Options: []string{"ro", "nosuid", "noexec", "nodev"}})
	if z.chance(4) {
		s.Mounts = withoutMounts(s.Mounts, "/dev")
	}
	if z.chance(2) {
		s.Mounts = withoutMounts(s.Mounts, "/proc")
	}
	if z.chance(2) {
		s.Mounts = withoutMounts(s.Mounts, "/sys")
	}
	source := z.dir + "/source"
	for _, m := range []specs.Mount{
		{Destination: "/mnt/deep/er", Type: "tmpfs", Source: "tmpfs"},
		{Destination: "/mnt/deep/file", Type: "bind", Source: source, Options: []string{"bind", "ro"}},
		{Destination: "/etc/hosts", Type: "bind", Source: source, Options: []string{"bind"}},
		{Destination: "/data", Type: "tmpfs", Source: "tmpfs", Options: []string{"tmpcopyup", "size=1m"}},
		{Destination: "/run", Type: "tmpfs", Source: "tmpfs", Options: []string{"mode=755"}},
		{Destination: "/dev/fuse", Type: "bind", Source: "/dev/null", Options: []string{"bind"}},
	} {
		if z.chance(4) {
			s.Mounts = append(s.Mounts, m)
		}
	}
	for _, p := range []string{"/secret", "/secret/key", "/etc/passwd", "/dev/null", "/tmp", "/mnt", "/home/x"} {
		if z.chance(3) {
			s.Linux.MaskedPaths = append(s.Linux.MaskedPaths, p)
		}
		if z.chance(2) {
			s.Linux.ReadonlyPaths = append(s.Linux.ReadonlyPaths, p)
		}
	}
	s.Process.Cwd = z.pick("/", "/", "/", "/work", "/work/dir", "/proc/self/fd/5", "/tmp", "/dev/fd")
	if z.chance(2) {
		s.Process.Args = []string{z.pick("/bin/prog", "prog", "/proc/self/exe", "/dev/null", "/etc/passwd", "/work/dir")}
	}
	if z.chance(3) {
		s.Process.User = specs.User{UID: 1000, GID: 1000}
	}
	s.Process.Terminal = z.chance(3)
	s.Root.Readonly = z.chance(5)
	if z.chance(3) {
		s.Linux.Devices = []specs.LinuxDevice{{Path: z.pick("/dev/fuse", "/dev/null", "/work/dev", "/dev/pts/9", "/etc/x/y"), Type: "c", Major: 1, Minor: 3}}
	}
	return s
}

// live takes a container through its life. It returns whether it came up and the
// longest that a call took.
func (z *tree61) live() (up bool, worst time.Duration, wrong []string) {
	call := func(args ...string) result {
		r := z.call(args...)
		wrong = append(wrong, z.manners(r)...)
		worst = max(worst, r.took)
		if r.took > patience() {
			wrong = append(wrong, fmt.Sprintf("%s took %v", args[0], r.took.Round(time.Millisecond)))
		}
		if strings.Contains(r.stdout+r.stderr, secret) {
			wrong = append(wrong, args[0]+" told the host's secret")
		}
		return r
	}
	os.Remove(z.dir + "/pid")
	args := []string{"create", "--bundle", z.bundle, "--pid-file", z.dir + "/pid"}
	if z.config.Process.Terminal {
		console, err := listenConsole(z.dir + "/console.sock")
		if err != nil {
			return false, 0, []string{err.Error()}
		}
		defer console.close()
		args = append(args, "--console-socket", z.dir+"/console.sock")
	}
	if r := call(append(args, z.id)...); r.status == 0 {
		up = true
		wrong = append(wrong, z.confined()...)
		if z.chance(4) {
			z.call("exec", "--cwd", z.pick("/", "/work"), z.id, "sh", "-c", "echo exec") // may fail with the program's own status
		}
		call("start", z.id)
		call("state", z.id)
		if strings.Contains(z.said(), secret) {
			wrong = append(wrong, "the container read the host's secret")
		}
	} else if z.verbose {
		fmt.Println("#", r.stderr)
	}
	if r := call("delete", "--force", z.id); r.status != 0 {
		wrong = append(wrong, "delete --force: "+r.stderr)
	}
	return up, worst, wrong
}

// confined is what is wrong with where init is: its root is the rootfs, and nothing
// of the canary is mounted.
func (z *tree61) confined() (wrong []string) {
	pid, err := z.pid()
	if err != nil {
		return []string{err.Error()}
	}
	var root, want unix.Stat_t
	if err := errors.Join(unix.Stat(fmt.Sprintf("/proc/%d/root", pid), &root), unix.Stat(z.fs, &want)); err != nil {
		return []string{err.Error()}
	}
	if root.Ino != want.Ino || root.Dev != want.Dev {
		wrong = append(wrong, "init's root is not the rootfs")
	}
	for _, m := range mountsOf(pid) {
		if strings.Contains(m.root, "/canary") {
			wrong = append(wrong, "a directory of the host is mounted at "+m.point)
		}
	}
	return wrong
}

// said is what the container wrote, which has a moment to do so.
func (z *tree61) said() string {
	for i := 0; ; i++ {
		text, _ := os.ReadFile(z.dir + "/container")
		if strings.Contains(string(text), "end\n") || z.config.Process.Terminal || i == 20 {
			return string(text)
		}
		time.Sleep(5 * time.Millisecond)
	}
}

// patience is answer on this machine: with more to do than CPUs a call waits for its
// turns.
func patience() time.Duration {
	var load float64
	text, _ := os.ReadFile("/proc/loadavg")
	_, _ = fmt.Sscan(string(text), &load)
	return answer * time.Duration(1+int(load))
}
