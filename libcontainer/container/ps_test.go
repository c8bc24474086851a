package container

import "testing"

func TestPsKeepsTheHeaderAndTheLinesOfTheContainersPids(t *testing.T) {
	table := "UID        PID  PPID CMD\n" +
		"root         1     0 init\n" +
		"root        12     1 sleep 20\n" +
		"\n" +
		"root        20     1 12 12 12\n" +
		"root       120     1 sh"
	got, err := filterPs([]byte(table), []int{12, 120})
	want := "UID        PID  PPID CMD\nroot        12     1 sleep 20\nroot       120     1 sh"
	if err != nil || string(got) != want {
		t.Errorf("%v\n%q\n%q", err, got, want)
	}
	if got, err := filterPs([]byte("  PID CMD\n    1 x\n"), nil); err != nil || string(got) != "  PID CMD\n" {
		t.Errorf("%v %q", err, got)
	}
}

func TestPsRefusesATableInWhichItFindsNoPid(t *testing.T) {
	for _, table := range []string{"", "CMD\nsh\n", "PPID CMD\n1 sh\n", "CMD PID\nsleep 10 12\n", "A PID\nx\n"} {
		if got, err := filterPs([]byte(table), []int{10}); err == nil && string(got) != "CMD PID\nsleep 10 12\n" {
			t.Errorf("%q gives %q", table, got)
		}
	}
}
