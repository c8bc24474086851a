package seccomp

import (
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"testing"
	"unsafe"

	specs "github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"
)

// The filter is loaded in a process of its own, this program once more.
const confinedEnv = "SECCOMP_TEST_CONFINED"

func TestMain(m *testing.M) {
	if os.Getenv(confinedEnv) != "" {
		confined()
		return
	}
	os.Exit(m.Run())
}

// confined loads the filter and prints how some system calls end.
func confined() {
	runtime.LockOSThread()
	program, err := os.ReadFile(os.Getenv(confinedEnv))
	if err != nil {
		fmt.Println(err)
		return
	}
	const flags = unix.SECCOMP_FILTER_FLAG_SPEC_ALLOW
	prog := unix.SockFprog{Len: uint16(len(program) / 8), Filter: (*unix.SockFilter)(unsafe.Pointer(&program[0]))}
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		fmt.Println(err)
		return
	}
	if _, _, errno := unix.RawSyscall(unix.SYS_SECCOMP, unix.SECCOMP_SET_MODE_FILTER, flags, uintptr(unsafe.Pointer(&prog))); errno != 0 {
		fmt.Println("seccomp:", errno)
		return
	}
	for _, call := range [][3]uintptr{
		{unix.SYS_GETPPID}, {unix.SYS_UNSHARE}, {unix.SYS_PERSONALITY, 0xffffffff}, {unix.SYS_PERSONALITY, 0x1000000}, {900},
	} {
		_, _, errno := unix.RawSyscall(call[0], call[1], call[2], 0)
		fmt.Print(uintptr(errno), " ")
	}
}

func inKernel(t *testing.T, f *Filter) string {
	t.Helper()
	file := t.TempDir() + "/filter"
	if err := os.WriteFile(file, f.Program, 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("/proc/self/exe")
	cmd.Env = append(os.Environ(), confinedEnv+"="+file)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return strings.TrimSpace(string(out))
}

func TestTheKernelDecidesByTheFilter(t *testing.T) {
	// getppid, unshare of nothing, personality(query), personality(other), a call of the future
	if got, want := inKernel(t, compile(t, docker(t))), "0 1 0 1 38"; got != want {
		t.Errorf("Docker's profile: %s, want %s", got, want)
	}
	s := &specs.LinuxSeccomp{DefaultAction: specs.ActAllow, Syscalls: []specs.LinuxSyscall{
		{Names: []string{"getppid"}, Action: specs.ActErrno, ErrnoRet: ptr(7)},
	}}
	if got, want := inKernel(t, compile(t, s)), "7 0 0 0 38"; got != want {
		t.Errorf("a profile that allows: %s, want %s", got, want)
	}
}
