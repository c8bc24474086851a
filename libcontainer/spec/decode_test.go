package spec

import (
	"encoding/json"
	"errors"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/opencontainers/runtime-spec/specs-go"
)

// same checks that Parse and encoding/json read the same from a document.
func same(t *testing.T, data []byte) {
	t.Helper()
	var want specs.Spec
	if err := json.Unmarshal(data, &want); err != nil {
		t.Fatal(err)
	}
	c, err := Parse(data)
	if err != nil {
		t.Fatalf("%v in\n%s", err, data)
	}
	if len(c.Unknown)+len(c.Foreign) > 0 {
		t.Errorf("unknown keys %q, foreign keys %q, want none", c.Unknown, c.Foreign)
	}
	if !reflect.DeepEqual(c.Spec, &want) {
		got, _ := json.Marshal(c.Spec)
		t.Errorf("encoding/json reads something else than\n%s\nfrom\n%s", got, data)
	}
}

func TestParseReadsWhatEncodingJSONReads(t *testing.T) {
	for _, name := range []string{"default.json", "rootless.json", "engine.json"} {
		t.Run(name, func(t *testing.T) { same(t, fixture(t, name)) })
	}
}

func TestParseReadsWhatEncodingJSONReadsFromRandomConfigurations(t *testing.T) {
	for seed := range uint64(200) {
		var s specs.Spec
		fill(rand.New(rand.NewPCG(seed, 0)), reflect.ValueOf(&s).Elem())
		data, err := json.Marshal(&s)
		if err != nil {
			t.Fatal(err)
		}
		same(t, data)
	}
}

// fill sets about every second member that Linux has.
func fill(r *rand.Rand, v reflect.Value) {
	switch v.Kind() {
	case reflect.Struct:
		fields := map[string]bool{}
		for _, f := range reflect.VisibleFields(v.Type()) {
			platform, tagged := f.Tag.Lookup("platform")
			if !tagged || slices.Contains(strings.Split(platform, ","), "linux") {
				fields[f.Name] = true
			}
		}
		for i := range v.NumField() {
			if fields[v.Type().Field(i).Name] && r.IntN(2) == 0 {
				fill(r, v.Field(i))
			}
		}
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(r, v.Elem())
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), r.IntN(6), 6))
		for i := range v.Len() {
			fill(r, v.Index(i))
		}
	case reflect.Map:
		v.Set(reflect.MakeMap(v.Type()))
		for range r.IntN(4) {
			key, value := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
			fill(r, key)
			fill(r, value)
			v.SetMapIndex(key, value)
		}
	case reflect.String:
		words := []string{"", "a", "/dev/null", "q\"uo\\te", "<&>\u2028", "tab\tline\n", "\x01\x7f", "snow ☃ 😀", strings.Repeat("x", 300)}
		v.SetString(words[r.IntN(len(words))])
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int, reflect.Int32, reflect.Int64:
		v.SetInt(int64(r.Uint64()) >> r.IntN(64) >> (64 - v.Type().Bits()))
	default:
		v.SetUint(r.Uint64() >> r.IntN(64) >> (64 - v.Type().Bits()))
	}
}

func TestEveryFieldForLinuxIsDecoded(t *testing.T) {
	// What a field of each type is set to shows through a round trip.
	for seed := range uint64(40) {
		var s specs.Spec
		r := rand.New(rand.NewPCG(seed, 1))
		s.Process, s.Linux, s.Hooks = new(specs.Process), new(specs.Linux), new(specs.Hooks)
		fill(r, reflect.ValueOf(s.Process).Elem())
		fill(r, reflect.ValueOf(s.Linux).Elem())
		fill(r, reflect.ValueOf(s.Hooks).Elem())
		want, _ := json.Marshal(&s)
		c, err := Parse(want)
		if err != nil {
			t.Fatal(err)
		}
		if got, _ := json.Marshal(c.Spec); string(got) != string(want) {
			t.Errorf("got\n%s\nwant\n%s", got, want)
		}
	}
}

func TestParseTakesNullAsAbsent(t *testing.T) {
	c, err := Parse([]byte(`{"process": null, "hostname": null, "mounts": null, "annotations": null, "windows": null,
		"linux": {"seccomp": {"defaultErrnoRet": null}, "resources": {"memory": {"limit": null}}}}`))
	if err != nil {
		t.Fatal(err)
	}
	want := &specs.Spec{Linux: &specs.Linux{
		Seccomp:   &specs.LinuxSeccomp{},
		Resources: &specs.LinuxResources{Memory: &specs.LinuxMemory{}},
	}}
	if !reflect.DeepEqual(c.Spec, want) || c.Foreign != nil {
		t.Errorf("got %+v with foreign keys %q, want %+v with none", c.Spec, c.Foreign, want)
	}
}

func TestParseTellsEmptyFromAbsent(t *testing.T) {
	c, err := Parse([]byte(`{"mounts": [], "annotations": {}, "process": {"args": []}}`))
	if err != nil {
		t.Fatal(err)
	}
	if s := c.Spec; s.Mounts == nil || s.Annotations == nil || s.Process.Args == nil || s.Hooks != nil {
		t.Errorf("got %+v, want empty lists where they are given", s)
	}
}

func TestParseListsUnknownAndForeignKeysByPath(t *testing.T) {
	c, err := Parse([]byte(`{
		"linux": {"rootPropagation": "shared", "namespaces": [{"type": "pid"}, {"type": "uts", "Path": {"a": [1, null]}}]},
		"Hostname": "x", "a key.with a dot": -0.5e+3, "hostname": "right",
		"annotations": {"anything": "goes"},
		"process": {"commandLine": "cmd", "user": {"username": "me"}},
		"windows": {"layerFolders": ["x"], "unknown": true}
	}`))
	if err != nil {
		t.Fatal(err)
	}
	unknown := []string{"linux.rootPropagation", "linux.namespaces[1].Path", "Hostname", `["a key.with a dot"]`}
	foreign := []string{"process.commandLine", "process.user.username", "windows"}
	if !slices.Equal(c.Unknown, unknown) {
		t.Errorf("unknown keys are %q, want %q", c.Unknown, unknown)
	}
	if !slices.Equal(c.Foreign, foreign) {
		t.Errorf("foreign keys are %q, want %q", c.Foreign, foreign)
	}
	if c.Spec.Hostname != "right" || c.Spec.Windows != nil {
		t.Errorf("got hostname %q and windows %v, want only the exact key to count", c.Spec.Hostname, c.Spec.Windows)
	}
}

func TestAnUnknownKeyIsReportedInEveryObject(t *testing.T) {
	var paths []string
	doc, err := json.Marshal(withUnknown(reflect.TypeFor[specs.Spec](), "", &paths))
	if err != nil {
		t.Fatal(err)
	}
	c, err := Parse(doc)
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(paths)
	slices.Sort(c.Unknown)
	if len(paths) < 40 || !slices.Equal(c.Unknown, paths) {
		t.Errorf("got %d unknown keys\n%q\nwant %d\n%q", len(c.Unknown), c.Unknown, len(paths), paths)
	}
}

// withUnknown returns a value of type t that has everything for Linux in it
// once, and an unknown key in every object, whose path it notes.
func withUnknown(t reflect.Type, path string, paths *[]string) any {
	switch t.Kind() {
	case reflect.Struct:
		object := map[string]any{"no such key": 1}
		*paths = append(*paths, path+`["no such key"]`)
		for _, f := range reflect.VisibleFields(t) {
			platform, tagged := f.Tag.Lookup("platform")
			if f.Anonymous || tagged && !slices.Contains(strings.Split(platform, ","), "linux") {
				continue
			}
			key, _, _ := strings.Cut(f.Tag.Get("json"), ",")
			object[key] = withUnknown(f.Type, strings.TrimPrefix(path+"."+key, "."), paths)
		}
		return object
	case reflect.Pointer:
		return withUnknown(t.Elem(), path, paths)
	case reflect.Slice:
		return []any{withUnknown(t.Elem(), path+"[0]", paths)}
	case reflect.Map:
		return map[string]any{"a key": withUnknown(t.Elem(), path+`["a key"]`, paths)}
	default:
		return reflect.Zero(t).Interface()
	}
}

func TestParseRejects(t *testing.T) {
	deep := strings.Repeat("[", 70)
	for _, tt := range []struct{ name, doc, want string }{
		{"an empty file", ``, `got an empty file, want an object (line 1, column 1)`},
		{"white space only", " \n\t", `got an empty file`},
		{"a byte order mark", "\ufeff{}", `begins with a byte order mark, want plain UTF-8`},
		{"bytes that are not UTF-8", "{\n\"hostname\": \"a\xffb\"}", `got the byte 0xff, which is not UTF-8 here (line 2, column 15)`},
		{"a truncated character", "{\"hostname\": \"a\xe2\x98\"}", `got the byte 0xe2`},
		{"null", `null`, `got null, want an object`},
		{"an array", `[]`, `got an array, want an object`},
		{"a text after the object", "{}\n{}", `got '{', want the end of the file (line 2, column 1)`},
		{"an object without an end", `{"process": {`, `process: got the end of the file, want a name in double quotes`},
		{"an object cut after a member", `{"process": {}`, `process: got the end of the file, want ',' or '}'`},
		{"an object cut after a colon", `{"hostname":`, `hostname: got the end of the file, want a string`},
		{"an object cut in a key", `{"host`, `the string that begins here has no end (line 1, column 2)`},
		{"a key without quotes", `{hostname: "x"}`, `got 'h', want a name in double quotes`},
		{"a missing colon", `{"hostname" "x"}`, `hostname: got '"', want ':'`},
		{"a missing comma", `{"hostname": "x" "root": {}}`, `hostname: got '"', want ',' or '}'`},
		{"a comma after the last member", `{"hostname": "x",}`, `got '}', want a name in double quotes`},
		{"a comma before the first member", `{, "hostname": "x"}`, `got ',', want a name in double quotes`},
		{"a comma after the last element", `{"process": {"args": ["sh",]}}`, `process.args[1]: got ']', want a string`},
		{"a comment", "{\n// no\n}", `got '/', want a name in double quotes (line 2, column 1)`},
		{"a string without an end", `{"hostname": "x}`, `hostname: the string that begins here has no end (line 1, column 14)`},
		{"a string with an escape and without an end", `{"hostname": "\n`, `hostname: the string that begins here has no end`},
		{"a line break in a string", "{\"hostname\": \"a\nb\"}", `hostname: got the control character '\n' in a string, want it escaped`},
		{"a tab after an escape in a string", "{\"hostname\": \"\\n\t\"}", `hostname: got the control character '\t'`},
		{"an unknown escape", `{"hostname": "\x41"}`, `hostname: got the escape "\\x41`},
		{"an escape cut short", `{"hostname": "\`, `hostname: got the escape "\\"`},
		{"an escape with too few digits", `{"hostname": "\u12"}`, `hostname: got the escape`},
		{"an escape with a wrong digit", `{"hostname": "\u12g4"}`, `hostname: got the escape`},
		{"half a surrogate pair", `{"hostname": "\ud800"}`, `hostname: got the escape "\\ud800`},
		{"a surrogate pair the wrong way round", `{"hostname": "\ude00\ud83d"}`, `hostname: got the escape "\\ude00`},
		{"a wrong literal", `{"process": {"terminal": tru}}`, `process.terminal: got 't', want a value`},
		{"a wrong null", `{"process": nul}`, `process: got 'n', want a value`},
		{"a wrong value in an unknown key", `{"x": [1, {"y": 01}]}`, `x[1].y: got '1', want ',' or '}'`},
		{"something that is no value in an unknown key", `{"x": +1}`, `x: got '+', want a value`},
		{"something that is no value at all", `{"process": {"args": [%]}}`, `process.args[0]: got '%', want a string`},
		{"a number that ends in a minus", `{"process": {"oomScoreAdj": -}}`, `process.oomScoreAdj: got '}', want a digit`},
		{"a number that ends in a point", `{"x": 1.}`, `x: got '}', want a digit`},
		{"a number that ends in an exponent", `{"x": 1e+}`, `x: got '}', want a digit`},

		{"a string for a number", `{"linux": {"resources": {"memory": {"limit": "1M"}}}}`,
			`linux.resources.memory.limit: got the string "1M", want a number (line 1, column 46)`},
		{"a long string for a number", `{"process": {"user": {"uid": "` + strings.Repeat("☃", 50) + `"}}}`, `☃...", want a number`},
		{"a number for a string", `{"hostname": 12}`, `hostname: got the number 12, want a string`},
		{"a bad number for a string", `{"hostname": 1.}`, `hostname: got '}', want a digit`},
		{"a bad literal for a string", `{"hostname": fals}`, `hostname: got 'f', want a value`},
		{"a bool for a number", `{"process": {"oomScoreAdj": true}}`, `process.oomScoreAdj: got true, want a number`},
		{"a number for a bool", `{"process": {"terminal": 1}}`, `process.terminal: got the number 1, want true or false`},
		{"an object for a string", `{"hostname": {}}`, `hostname: got an object, want a string`},
		{"an object for an array", `{"mounts": {}}`, `mounts: got an object, want an array`},
		{"an array for an object", `{"linux": []}`, `linux: got an array, want an object`},
		{"an array for a map", `{"annotations": []}`, `annotations: got an array, want an object`},
		{"a string for an array", `{"process": {"args": "sh"}}`, `process.args: got the string "sh", want an array`},
		{"null in an array of strings", `{"process": {"args": ["sh", null]}}`, `process.args[1]: got null, want a string`},
		{"null in an array of objects", `{"mounts": [null]}`, `mounts[0]: got null, want an object`},
		{"null in a map", `{"linux": {"sysctl": {"net.a": null}}}`, `linux.sysctl["net.a"]: got null, want a string`},

		{"an id above 32 bits", `{"process": {"user": {"uid": 4294967296}}}`,
			`process.user.uid: got 4294967296, want a whole number from 0 to 4294967295`},
		{"a negative id", `{"process": {"user": {"gid": -1}}}`, `process.user.gid: got -1, want a whole number from 0 to 4294967295`},
		{"a negative id in an array", `{"process": {"user": {"additionalGids": [1, -2]}}}`, `process.user.additionalGids[1]: got -2, want a whole`},
		{"a fraction", `{"process": {"user": {"uid": 1.5}}}`, `process.user.uid: got 1.5, want a whole number`},
		{"an exponent", `{"process": {"oomScoreAdj": 1e2}}`, `process.oomScoreAdj: got 1e2, want a whole number`},
		{"a limit above 64 bits", `{"process": {"rlimits": [{"type": "RLIMIT_CPU", "hard": 18446744073709551616}]}}`,
			`process.rlimits[0].hard: got 18446744073709551616, want a whole number from 0 to 18446744073709551615`},
		{"a signed number above 63 bits", `{"linux": {"resources": {"pids": {"limit": 9223372036854775808}}}}`,
			`linux.resources.pids.limit: got 9223372036854775808, want a whole number from -9223372036854775808 to 9223372036854775807`},
		{"a weight above 16 bits", `{"linux": {"resources": {"blockIO": {"weight": 65536}}}}`, `linux.resources.blockIO.weight: got 65536, want a whole number from 0 to 65535`},
		{"a nice value above 32 bits", `{"process": {"scheduler": {"nice": 2147483648}}}`, `process.scheduler.nice: got 2147483648, want a whole number from -2147483648 to 2147483647`},

		{"a key given twice", `{"linux": {"namespaces": [], "namespaces": []}}`, `linux.namespaces: is given twice, want it once`},
		{"a key given twice with different escapes", `{"hostname": "a", "h\u006fstname": "b"}`, `hostname: is given twice, want it once`},
		{"a key given twice in a map", `{"annotations": {"a.b": "1", "a.b": "2"}}`, `annotations["a.b"]: is given twice, want it once`},
		{"a key of an embedded type given twice", `{"linux": {"resources": {"blockIO": {"weightDevice": [{"major": 1, "major": 1}]}}}}`,
			`linux.resources.blockIO.weightDevice[0].major: is given twice`},
		{"deep nesting in an unknown key", `{"x": ` + deep, `nested deeper than the limit of 64 levels`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c, err := Parse([]byte(tt.doc))
			if err == nil {
				t.Fatalf("got %+v, want the error %q", c.Spec, tt.want)
			}
			if !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got the error\n%v\nwant\n%s", err, tt.want)
			}
			var decodeError *DecodeError
			if !errors.As(err, &decodeError) {
				t.Errorf("got a %T, want a *DecodeError", err)
			}
		})
	}
}

func TestParseTakesNestingUpToTheLimit(t *testing.T) {
	doc := `{"x": ` + strings.Repeat("[", maxDepth-1) + strings.Repeat("]", maxDepth-1) + `}`
	if _, err := Parse([]byte(doc)); err != nil {
		t.Error(err)
	}
}

func TestParseDecodesEscapesAsEncodingJSONDoes(t *testing.T) {
	same(t, []byte(`{"hostname": "\"\\\/\b\f\n\r\t\u0041\u00e9\u2603\ud83d\ude00\ufffd!", "do\u006dainname": "\uABCD\uabcd"}`))
}

func TestTheCountOfMembersIsRightForWhatIsRightAndBoundedForWhatIsNot(t *testing.T) {
	for text, want := range map[string]int{
		`[]`: 0, "{ \n}": 0, `[[]]`: 1, `[1]`: 1, `["a,]", {"b": [1, 2]} , 3]`: 3, `{"a": ",\"}", "b": [,]}`: 2,
		``: 0, `[1, 2`: 1, `["a`: 0, strings.Repeat("[", 100): 0,
		"[" + strings.Repeat(",", 5000):         1024,
		"[" + strings.Repeat("0,", 1999) + "0]": 1024,
	} {
		l := lexer{text: text}
		if got := l.count(); got != want {
			t.Errorf("%.40s has %d members, want %d", text, got, want)
		}
	}
	if _, err := Parse([]byte(`{"process": {"args": ["a"` + strings.Repeat(`, "b"`, 5000) + `]}}`)); err != nil {
		t.Error(err)
	}
}

func TestParseKeepsNoReferenceToItsArgument(t *testing.T) {
	data := []byte(`{"hostname": "before"}`)
	c, err := Parse(data)
	if err != nil {
		t.Fatal(err)
	}
	copy(data, strings.Repeat("x", len(data)))
	if c.Spec.Hostname != "before" {
		t.Errorf("hostname became %q", c.Spec.Hostname)
	}
}

func TestParseProcessReadsAProcess(t *testing.T) {
	p, skipped, err := ParseProcess([]byte(`{"args": ["ls", "-l"], "cwd": "/", "User": {}, "commandLine": "x", "user": {"uid": 7}}`))
	if err != nil {
		t.Fatal(err)
	}
	want := &specs.Process{Args: []string{"ls", "-l"}, Cwd: "/", User: specs.User{UID: 7}}
	if !reflect.DeepEqual(p, want) {
		t.Errorf("got %+v, want %+v", p, want)
	}
	if want := []string{"process.commandLine", "process.User"}; !slices.Equal(skipped, want) {
		t.Errorf("skipped %q, want %q", skipped, want)
	}
}

func TestParseProcessRejects(t *testing.T) {
	for _, tt := range []struct{ name, doc, want string }{
		{"a wrong type", `{"user": {"uid": "0"}}`, `process.user.uid: got the string "0", want a number`},
		{"a NUL byte", `{"args": ["sh", "a\u0000b"]}`, `process.args[1]: contains a NUL byte`},
		{"an array", `[]`, `process: got an array, want an object`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if _, _, err := ParseProcess([]byte(tt.doc)); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got the error %v, want %s", err, tt.want)
			}
		})
	}
}

func TestParseResourcesReadsResources(t *testing.T) {
	r, skipped, err := ParseResources([]byte(`{"memory": {"limit": 1024, "size": 1}}`))
	if err != nil {
		t.Fatal(err)
	}
	if r.Memory == nil || r.Memory.Limit == nil || *r.Memory.Limit != 1024 {
		t.Errorf("got %+v, want a memory limit of 1024", r)
	}
	if want := []string{"linux.resources.memory.size"}; !slices.Equal(skipped, want) {
		t.Errorf("skipped %q, want %q", skipped, want)
	}
	if _, _, err := ParseResources([]byte(`{"memory": {"limit": {}}}`)); err == nil ||
		!strings.Contains(err.Error(), "linux.resources.memory.limit: got an object, want a number") {
		t.Errorf("got the error %v for an object as a limit", err)
	}
}
