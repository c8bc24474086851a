package spec

import (
	"encoding/json"
	"errors"
	"path"
	"reflect"
	"strings"
	"testing"

	"github.com/opencontainers/runtime-spec/specs-go"
)

// stricter are the problems that encoding/json does not mind.
var stricter = []string{
	"is given twice", "nested deeper", "got null", "which is not UTF-8", "got the escape", "byte order mark",
}

// FuzzParse holds Parse against encoding/json: what Parse accepts, both read the
// same; what it rejects, encoding/json rejects too, but for what is meant to be
// stricter. Validate must survive anything.
func FuzzParse(f *testing.F) {
	for _, name := range []string{"default.json", "rootless.json"} {
		f.Add(fixture(f, name))
	}
	for _, doc := range []string{
		`{"linux": {"seccomp": {"syscalls": [{"args": [{"value": 18446744073709551615}]}]}}}`,
		`{"linux": {"timeOffsets": {"monotonic": {"secs": -1}}, "netDevices": {"eth0": {"name": "eth%d"}}}}`,
		`{"linux": {"resources": {"rdma": {"mlx": {"hcaHandles": 0}}, "unified": {"memory.high": "max"}}}}`,
		`{"hostname": "\ud83d\ude00\u0000", "x": [-0.5e+3, null, true, {"y": {}}]}`,
		`{"mounts": [null], "hostname": "a", "hostname": "b"}`,
	} {
		f.Add([]byte(doc))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var want specs.Spec
		wantErr := json.Unmarshal(data, &want)
		c, err := Parse(data)
		if err != nil {
			var de *DecodeError
			if !errors.As(err, &de) || de.Line < 1 || de.Column < 1 || de.Offset > int64(len(data)) {
				t.Fatalf("got the error %#v", err)
			}
			for _, s := range stricter {
				if strings.Contains(de.Problem, s) {
					return
				}
			}
			if wantErr == nil {
				t.Fatalf("got the error %v, but encoding/json accepts it", err)
			}
			return
		}
		c.Validate()
		if !json.Valid(data) {
			t.Fatal("accepted, but it is not JSON")
		}
		if len(c.Unknown)+len(c.Foreign) > 0 {
			return // encoding/json does not mind the case of keys
		}
		if wantErr != nil {
			t.Fatalf("accepted, but encoding/json says %v", wantErr)
		}
		if !reflect.DeepEqual(c.Spec, &want) {
			t.Fatalf("got %+v, but encoding/json reads %+v", c.Spec, &want)
		}
	})
}

// FuzzMountOptions checks that no option is lost and that the masks stay as
// mount_setattr(2) wants them.
func FuzzMountOptions(f *testing.F) {
	f.Add("ro,nosuid\nrnoatime\nsize=65536k,mode=755")
	f.Add("rbind\nrprivate\nidmap\nx-gvfs-hide")
	f.Add(`context="a,b"` + "\n" + `lowerdir=/a\,b:/c,upperdir=/d`)
	f.Add("strictatime\natime\nnorelatime\nnostrictatime")
	f.Fuzz(func(t *testing.T, lines string) {
		opts := strings.Split(lines, "\n")
		m, err := ParseMountOptions(opts)
		if err != nil {
			return
		}
		for _, mask := range [...]struct{ set, clr uint64 }{{m.AttrSet, m.AttrClr}, {m.RecAttrSet, m.RecAttrClr}} {
			if mask.set&mask.clr&^attrAtime != 0 {
				t.Errorf("%q sets and clears %#x", opts, mask.set&mask.clr)
			}
			mode := mask.set & attrAtime
			if mode != 0 && mode != attrNoatime && mode != attrStrictatime {
				t.Errorf("%q sets the mode of access times %#x, which is none", opts, mode)
			}
			if c := mask.clr & attrAtime; c != 0 && c != attrAtime || mode != 0 && c == 0 {
				t.Errorf("%q clears %#x of the mode of access times, want all or nothing", opts, c)
			}
		}
		if m.Rbind && !m.Bind || m.RIDMap && !m.IDMap {
			t.Errorf("%q is recursive only: %+v", opts, m)
		}
		for _, kv := range m.Data {
			if !strings.Contains(lines, kv.String()) {
				t.Errorf("%q has the data %q", opts, kv)
			}
		}
		again, err := ParseMountOptions([]string{strings.Join(opts, ",")})
		if !strings.ContainsAny(lines, `"\`) && (err != nil || !reflect.DeepEqual(again, m)) {
			t.Errorf("%q is %+v one by one and %+v, %v together", opts, m, again, err)
		}
	})
}

// FuzzSysctlPath checks that no key leads out of /proc/sys, and that a path is
// its own key.
func FuzzSysctlPath(f *testing.F) {
	for _, key := range []string{
		"net.ipv4.ip_forward", "net/ipv4/conf/eth0.100/forwarding", "net.ipv4.conf.eth0/100.forwarding",
		"../../etc/passwd", "net.//.x", "/kernel/x", ".net.x", "a/./b",
	} {
		f.Add(key)
	}
	f.Fuzz(func(t *testing.T, key string) {
		p, err := SysctlPath(key)
		if err != nil {
			return
		}
		if path.Join("/", p) != "/"+p || !strings.Contains(p, "/") {
			t.Errorf("%q is the path %q, which is not clean", key, p)
		}
		if again, err := SysctlPath(p); again != p || err != nil {
			t.Errorf("%q is the path %q, but that is %q, %v", key, p, again, err)
		}
	})
}
