package host

import (
	"reflect"
	"testing"
)

func TestSubordinateIDsAreFoundByNameAndByNumber(t *testing.T) {
	const text = "# comment\nother:100000:65536\nbob:165536:65536\n1000:300000:10\n"
	got := parseSubIDs(text, "bob", "1000")
	if want := []IDRange{{165536, 65536}, {300000, 10}}; !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	if got := parseSubIDs(text, "", "77"); got != nil {
		t.Errorf("somebody without a name gets %v", got)
	}
}

func TestSubordinateIDsThatAreNoneAreSkipped(t *testing.T) {
	for _, line := range []string{"bob", "bob:1", "bob:x:5", "bob:5:x", "bob:5:0", "bob:0:5", "bob:-1:5", "bob:4294967295:2", "bob:1:2:3", ":1:2"} {
		if got := parseSubIDs(line, "bob", "1000"); got != nil {
			t.Errorf("%q gives %v", line, got)
		}
	}
}
