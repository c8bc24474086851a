package netdev

import (
	"errors"
	"os"
	"os/exec"
	"regexp"
	"runtime"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// apart runs f on a thread in a network namespace of its own, the host of the test,
// which dies with it. nsfd is another new one, the container's.
func apart(t *testing.T, f func(nsfd int)) {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("network namespaces are for root")
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		runtime.LockOSThread()
		nsfd := fresh(t)
		defer unix.Close(nsfd)
		unix.Close(fresh(t))
		f(nsfd)
	}()
	<-done
}

// fresh moves the thread to a new network namespace.
func fresh(t *testing.T) int {
	if err := unix.Unshare(unix.CLONE_NEWNET); err != nil {
		t.Error(err)
		runtime.Goexit()
	}
	fd, err := unix.Open("/proc/thread-self/ns/net", unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		t.Error(err)
		runtime.Goexit()
	}
	return fd
}

// ip runs ip(8) here.
func ip(t *testing.T, args ...string) string {
	t.Helper()
	out, err := exec.Command("ip", args...).CombinedOutput()
	if err != nil {
		t.Errorf("ip %s: %v: %s", strings.Join(args, " "), err, out)
		runtime.Goexit()
	}
	return string(out)
}

// inside runs ip(8) in the container.
func inside(t *testing.T, nsfd int, args ...string) string {
	t.Helper()
	f, err := unix.FcntlInt(uintptr(nsfd), unix.F_DUPFD_CLOEXEC, 3)
	if err != nil {
		t.Error(err)
		runtime.Goexit()
	}
	ns := os.NewFile(uintptr(f), "netns")
	defer ns.Close()
	cmd := exec.Command("nsenter", append([]string{"--net=/proc/self/fd/3", "ip"}, args...)...)
	cmd.ExtraFiles = []*os.File{ns}
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Errorf("ip %s in the container: %v: %s", strings.Join(args, " "), err, out)
		runtime.Goexit()
	}
	return string(out)
}

func exists(t *testing.T, list, name string) bool {
	t.Helper()
	return regexp.MustCompile(`(?m)^\d+: ` + regexp.QuoteMeta(name) + `[@:]`).MatchString(list)
}

func veth(t *testing.T) {
	t.Helper()
	ip(t, "link", "add", "h0", "type", "veth", "peer", "name", "peer0")
	ip(t, "link", "set", "peer0", "up")
}

func TestADeviceArrivesUpUnderItsNewNameWithItsAttributes(t *testing.T) {
	apart(t, func(nsfd int) {
		veth(t)
		ip(t, "link", "set", "h0", "mtu", "1789", "address", "02:11:22:33:44:55", "alias", "uplink")
		if err := Move("h0", "c0", nsfd); err != nil {
			t.Fatal(err)
		}
		if exists(t, ip(t, "link"), "h0") {
			t.Error("h0 is still on the host")
		}
		got := inside(t, nsfd, "link", "show", "c0")
		for _, want := range []string{"UP", "mtu 1789", "02:11:22:33:44:55", "alias uplink"} {
			if !strings.Contains(got, want) {
				t.Errorf("no %q in %s", want, got)
			}
		}
	})
}

func TestWithoutANewNameTheDeviceKeepsItsOwn(t *testing.T) {
	apart(t, func(nsfd int) {
		veth(t)
		if err := Move("h0", "", nsfd); err != nil {
			t.Fatal(err)
		}
		if !exists(t, inside(t, nsfd, "link"), "h0") {
			t.Error("h0 is not in the container")
		}
	})
}

func TestPermanentGlobalAddressesComeAlongAndNoOthers(t *testing.T) {
	apart(t, func(nsfd int) {
		veth(t)
		ip(t, "link", "set", "h0", "up")
		for _, args := range []string{
			"10.1.2.3/24 brd 10.1.2.255", "10.1.2.4/24", "10.9.0.1 peer 10.9.0.2/32", "169.254.169.77/32 metric 77",
			"192.168.7.7/24 noprefixroute", "2001:db8::1/64 nodad", "2001:db8::2/64 nodad preferred_lft 0",
			"10.5.5.5/24 scope link", "10.6.6.6/24 scope host", "10.7.7.7/24 valid_lft 300 preferred_lft 300",
			"2001:db8::3/64 nodad valid_lft 300 preferred_lft 300",
		} {
			ip(t, append([]string{"address", "add", "dev", "h0"}, strings.Fields(args)...)...)
		}
		if err := Move("h0", "c0", nsfd); err != nil {
			t.Fatal(err)
		}
		got := inside(t, nsfd, "-o", "address", "show", "dev", "c0")
		for _, want := range []string{
			"inet 10.1.2.3/24 brd 10.1.2.255 scope global c0", "inet 10.1.2.4/24 scope global secondary c0",
			"inet 10.9.0.1 peer 10.9.0.2/32 scope global c0", "inet 169.254.169.77/32 metric 77 scope global c0",
			"inet 192.168.7.7/24 scope global noprefixroute c0", "inet6 2001:db8::1/64 scope global nodad",
			"inet6 2001:db8::2/64 scope global nodad deprecated",
		} {
			if !strings.Contains(got, want) {
				t.Errorf("no %q in\n%s", want, got)
			}
		}
		for _, unwanted := range []string{"10.5.5.5", "10.6.6.6", "10.7.7.7", "2001:db8::3"} {
			if strings.Contains(got, unwanted) {
				t.Errorf("%s in\n%s", unwanted, got)
			}
		}
	})
}

func TestANameThatIsTakenInTheContainerIsAnErrorAndChangesNothing(t *testing.T) {
	apart(t, func(nsfd int) {
		veth(t)
		ip(t, "link", "set", "h0", "up")
		ip(t, "address", "add", "2001:db8::1/64", "dev", "h0", "nodad")
		inside(t, nsfd, "link", "add", "c0", "type", "veth", "peer", "name", "c1")
		before := ip(t, "address", "show", "dev", "h0")
		err := Move("h0", "c0", nsfd)
		if !errors.Is(err, unix.EEXIST) || !strings.Contains(err.Error(), `linux.netDevices[h0]: name: "c0" exists`) {
			t.Error(err)
		}
		if after := ip(t, "address", "show", "dev", "h0"); after != before {
			t.Errorf("%s\nwas\n%s", after, before)
		}
	})
}

func TestTheDevicesOwnNameMayBeTakenInTheContainer(t *testing.T) {
	apart(t, func(nsfd int) {
		veth(t)
		inside(t, nsfd, "link", "add", "h0", "type", "veth", "peer", "name", "c1")
		if err := Move("h0", "c0", nsfd); err != nil {
			t.Fatal(err)
		}
		if list := inside(t, nsfd, "link"); !exists(t, list, "h0") || !exists(t, list, "c0") {
			t.Error(list)
		}
	})
}

func TestATemplateBecomesTheFirstFreeName(t *testing.T) {
	apart(t, func(nsfd int) {
		veth(t)
		inside(t, nsfd, "link", "add", "eth0", "type", "veth", "peer", "name", "eth2")
		for _, device := range []string{"h0", "peer0"} {
			if err := Move(device, "eth%d", nsfd); err != nil {
				t.Fatal(err)
			}
		}
		list := inside(t, nsfd, "link")
		for _, name := range []string{"eth0", "eth1", "eth2", "eth3"} {
			if !exists(t, list, name) {
				t.Errorf("no %s in\n%s", name, list)
			}
		}
	})
}

func TestADeviceThatCannotBeSetUpGoesBackAsItWas(t *testing.T) {
	apart(t, func(nsfd int) {
		veth(t)
		ip(t, "link", "set", "h0", "up")
		ip(t, "address", "add", "10.1.2.3/24", "dev", "h0")
		ip(t, "address", "add", "2001:db8::1/64", "dev", "h0", "nodad")
		before := ip(t, "-o", "address", "show", "dev", "h0", "scope", "global")
		// Without IPv6 in the container, the address cannot be kept.
		disableIPv6(t, nsfd)
		err := Move("h0", "c0", nsfd)
		if err == nil || !strings.Contains(err.Error(), "adding the address 2001:db8:0:0:0:0:0:1/64") {
			t.Errorf("error %v", err)
		}
		if after := ip(t, "-o", "address", "show", "dev", "h0", "scope", "global"); after != before {
			t.Errorf("%s\nwas\n%s", after, before)
		}
		if got := ip(t, "link", "show", "h0"); !strings.Contains(got, "LOWER_UP") {
			t.Errorf("not up again: %s", got)
		}
		if list := inside(t, nsfd, "link"); exists(t, list, "c0") || exists(t, list, "h0") {
			t.Error(list)
		}
	})
}

func disableIPv6(t *testing.T, nsfd int) {
	t.Helper()
	done := make(chan error)
	go func() {
		runtime.LockOSThread()
		err := unix.Setns(nsfd, unix.CLONE_NEWNET)
		if err == nil {
			err = os.WriteFile("/proc/sys/net/ipv6/conf/default/disable_ipv6", []byte("1"), 0)
		}
		done <- err
	}()
	if err := <-done; err != nil {
		t.Error(err)
		runtime.Goexit()
	}
}

func TestADeviceThatIsNotThereOrCannotMoveIsAnError(t *testing.T) {
	apart(t, func(nsfd int) {
		ip(t, "link", "set", "lo", "up")
		for device, want := range map[string]error{"missing0": unix.ENODEV, "lo": unix.EINVAL} {
			if err := Move(device, "c0", nsfd); !errors.Is(err, want) {
				t.Errorf("%s: %v, want %v", device, err, want)
			}
		}
		if got := ip(t, "address", "show", "lo"); !strings.Contains(got, "LOOPBACK,UP") || !strings.Contains(got, "127.0.0.1/8") {
			t.Errorf("lo is damaged: %s", got)
		}
		for _, name := range []string{strings.Repeat("x", 16), "a/b"} {
			if err := Move("lo", name, nsfd); err == nil || !strings.Contains(err.Error(), "linux.netDevices[lo]: name: ") {
				t.Errorf("%s: %v", name, err)
			}
		}
		if err := Move("lo", "c0", 0); err == nil || !strings.Contains(err.Error(), "setns") {
			t.Errorf("no namespace: %v", err)
		}
	})
}

func TestTheCallersThreadStaysInItsNamespace(t *testing.T) {
	apart(t, func(nsfd int) {
		before, err := os.Readlink("/proc/thread-self/ns/net")
		if err != nil {
			t.Fatal(err)
		}
		veth(t)
		if err := Move("h0", "c0", nsfd); err != nil {
			t.Fatal(err)
		}
		if after, err := os.Readlink("/proc/thread-self/ns/net"); err != nil || after != before {
			t.Errorf("%s, was %s: %v", after, before, err)
		}
	})
}
