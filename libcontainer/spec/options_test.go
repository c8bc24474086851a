package spec

import (
	"reflect"
	"slices"
	"strings"
	"testing"
)

func TestMountOptionsMean(t *testing.T) {
	for _, tt := range []struct {
		name    string
		options string // separated by spaces
		want    MountOptions
	}{
		{"nothing at all", "", MountOptions{}},
		{"nothing, for defaults", "defaults", MountOptions{}},
		{"a read-only mount and superblock", "ro", MountOptions{AttrSet: 0x1, SBFlags: []string{"ro"}}},
		{"what the last of two opposites says", "ro rw", MountOptions{AttrClr: 0x1, SBFlags: []string{"rw"}}},
		{"read-only in spite of defaults", "ro defaults", MountOptions{AttrSet: 0x1, SBFlags: []string{"ro"}}},
		{"attributes to set", "nosuid nodev noexec nodiratime nosymfollow", MountOptions{AttrSet: 0x20008e}},
		{"attributes to clear", "suid dev exec diratime symfollow", MountOptions{AttrClr: 0x20008e}},
		{"an attribute taken back", "nosuid suid", MountOptions{AttrClr: 0x2}},
		{"an attribute given again", "suid nosuid", MountOptions{AttrSet: 0x2}},

		{"the mode noatime", "noatime", MountOptions{AttrSet: 0x10, AttrClr: 0x70}},
		{"the mode strictatime", "strictatime", MountOptions{AttrSet: 0x20, AttrClr: 0x70}},
		{"the mode relatime, which is 0", "relatime", MountOptions{AttrClr: 0x70}},
		{"the last of several modes", "noatime relatime strictatime", MountOptions{AttrSet: 0x20, AttrClr: 0x70}},
		{"relatime for atime after noatime", "noatime atime", MountOptions{AttrClr: 0x70}},
		{"relatime for atime alone", "atime", MountOptions{AttrClr: 0x70}},
		{"strictatime in spite of atime", "strictatime atime", MountOptions{AttrSet: 0x20, AttrClr: 0x70}},
		{"relatime for nostrictatime after strictatime", "strictatime nostrictatime", MountOptions{AttrClr: 0x70}},
		{"relatime for nostrictatime alone", "nostrictatime", MountOptions{AttrClr: 0x70}},
		{"noatime in spite of nostrictatime", "noatime nostrictatime", MountOptions{AttrSet: 0x10, AttrClr: 0x70}},
		{"noatime in spite of norelatime", "noatime norelatime", MountOptions{AttrSet: 0x10, AttrClr: 0x70}},
		{"the kernel's default for norelatime", "norelatime", MountOptions{AttrClr: 0x70}},

		{"recursive attributes to set", "rro rnosuid rnodev rnoexec rnodiratime rnosymfollow", MountOptions{RecAttrSet: 0x20008f}},
		{"recursive attributes to clear", "rrw rsuid rdev rexec rdiratime rsymfollow", MountOptions{RecAttrClr: 0x20008f}},
		{"a recursive mode", "rnoatime", MountOptions{RecAttrSet: 0x10, RecAttrClr: 0x70}},
		{"the last of the recursive modes", "rnoatime rstrictatime rnorelatime rnostrictatime rrelatime ratime", MountOptions{RecAttrClr: 0x70}},
		{"recursive attributes apart from others", "rw rro", MountOptions{AttrClr: 0x1, SBFlags: []string{"rw"}, RecAttrSet: 0x1}},

		{"flags of the superblock", "sync dirsync mand lazytime", MountOptions{SBFlags: []string{"sync", "dirsync", "mand", "lazytime"}}},
		{"flags of the superblock taken back", "sync mand lazytime async nomand nolazytime",
			MountOptions{SBFlags: []string{"async", "nomand", "nolazytime"}}},
		{"a flag once if it is given twice", "dirsync dirsync", MountOptions{SBFlags: []string{"dirsync"}}},
		{"flags that only mount(2) has", "iversion silent", MountOptions{SBLegacy: []string{"iversion", "silent"}}},
		{"those taken back", "iversion silent noiversion loud", MountOptions{SBLegacy: []string{"noiversion", "loud"}}},

		{"a bind mount", "bind", MountOptions{Bind: true}},
		{"a recursive bind mount", "rbind", MountOptions{Bind: true, Rbind: true}},
		{"a remount", "remount", MountOptions{Remount: true}},
		{"propagation types in their order", "rprivate shared slave unbindable",
			MountOptions{Propagation: []uint64{1<<18 | 1<<14, 1 << 20, 1 << 19, 1 << 17}}},
		{"the other propagation types", "private rshared rslave runbindable",
			MountOptions{Propagation: []uint64{1 << 18, 1<<20 | 1<<14, 1<<19 | 1<<14, 1<<17 | 1<<14}}},
		{"a copy of what is below", "tmpcopyup", MountOptions{TmpCopyUp: true}},
		{"an id map", "idmap", MountOptions{IDMap: true}},
		{"a recursive id map", "ridmap", MountOptions{IDMap: true, RIDMap: true}},

		{"options of the filesystem", "mode=755 newinstance context=a=b none= size=65536k", MountOptions{Data: []KV{
			{"mode", "755", true}, {"newinstance", "", false}, {"context", "a=b", true}, {"none", "", true}, {"size", "65536k", true},
		}}},
		{"an unknown option with a known one's name in capitals as data", "RO", MountOptions{Data: []KV{{"RO", "", false}}}},
		{"a known option with a value as data", "sync=1", MountOptions{Data: []KV{{"sync", "1", true}}}},
		{"options for fstab", "nofail _netdev x-systemd.automount X-mount.mkdir=755 user comment=hello",
			MountOptions{Ignored: []string{"nofail", "_netdev", "x-systemd.automount", "X-mount.mkdir=755", "user", "comment=hello"}}},
		{"several options in one", "ro,nosuid,size=1k", MountOptions{AttrSet: 0x3, SBFlags: []string{"ro"}, Data: []KV{{"size", "1k", true}}}},
		{"commas in quotes and after backslashes as they are", `context="a,b",lowerdir=/x\,y:/z,ro`, MountOptions{
			AttrSet: 0x1, SBFlags: []string{"ro"},
			Data: []KV{{"context", `"a,b"`, true}, {"lowerdir", `/x\,y:/z`, true}},
		}},
		{"nothing, for empty options", ",,ro,", MountOptions{AttrSet: 0x1, SBFlags: []string{"ro"}}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := ParseMountOptions(strings.Split(tt.options, " "))
			if err != nil || !reflect.DeepEqual(got, tt.want) {
				t.Errorf("%s is\n%+v, %v\nwant\n%+v", tt.options, got, err, tt.want)
			}
		})
	}
}

func TestMountOptionsRejects(t *testing.T) {
	for _, tt := range []struct{ name, option, want string }{
		{"an id map with a value", "idmap=uids=0-1-10", `got "idmap=uids=0-1-10", want idmap, which takes no value`},
		{"a recursive id map with a value", "ridmap=", `got "ridmap=", want ridmap, which takes no value`},
		{"a tmpcopyup with a value", "tmpcopyup=1", `got "tmpcopyup=1", want tmpcopyup, which takes no value`},
		{"a value without a key", "=1", `got "=1", want key=value`},
		{"a NUL byte", "mode=7\x0055", `contains a NUL byte`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if _, err := ParseMountOptions([]string{"ro", tt.option}); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got the error %v, want %s", err, tt.want)
			}
		})
	}
}

// specOptions is the table "Linux mount options" of config.md in version 1.3.0.
const specOptions = `async atime bind defaults dev diratime dirsync exec idmap iversion lazytime loud mand noatime
nodev nodiratime noexec noiversion nolazytime nomand norelatime nostrictatime nosuid nosymfollow private ratime rbind
rdev rdiratime relatime remount rexec ridmap rnoatime rnodiratime rnoexec rnorelatime rnostrictatime rnosuid
rnosymfollow ro rprivate rrelatime rro rrw rshared rslave rstrictatime rsuid rsymfollow runbindable rw shared silent
slave strictatime suid symfollow sync tmpcopyup unbindable`

func TestKnownMountOptionsAreThoseOfTheSpecificationAndRnodev(t *testing.T) {
	want := append(strings.Fields(specOptions), "rnodev") // the table has rdev, and forgot its opposite
	slices.Sort(want)
	if got := KnownMountOptions(); !slices.Equal(got, want) {
		t.Errorf("got\n%q\nwant\n%q", got, want)
	}
}

func TestEveryKnownMountOptionIsUnderstood(t *testing.T) {
	for _, o := range KnownMountOptions() {
		m, err := ParseMountOptions([]string{o})
		if err != nil || m.Data != nil || m.Ignored != nil {
			t.Errorf("%s is %+v, %v", o, m, err)
		}
		if reflect.DeepEqual(m, MountOptions{}) != (o == "defaults") {
			t.Errorf("%s is %+v, want defaults alone to change nothing", o, m)
		}
	}
}
