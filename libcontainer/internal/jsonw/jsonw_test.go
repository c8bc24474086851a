package jsonw

import (
	"encoding/json"
	"testing"
)

func TestWhatIsWrittenReadsBackTheSame(t *testing.T) {
	texts := []string{"", "plain", "quote \" and \\", "line\nand\ttab\r\x00\x1f", "ünï \u2028 😀", "bad \xff utf8", "<html>&"}
	var w Writer
	w.Begin('{')
	w.Key("list")
	w.Strings(texts)
	w.Key("numbers")
	w.Begin('[')
	w.Int(-5)
	w.Uint(1<<64 - 1)
	w.Bool(true)
	w.End(']')
	w.Key("empty")
	w.Begin('{')
	w.End('}')
	w.End('}')
	var got struct {
		List    []string
		Numbers []any
		Empty   map[string]string
	}
	if err := json.Unmarshal(w.Bytes(), &got); err != nil {
		t.Fatalf("%v in %s", err, w.Bytes())
	}
	texts[5] = "bad \ufffd utf8"
	for i, want := range texts {
		if got.List[i] != want {
			t.Errorf("string %d: got %q, want %q", i, got.List[i], want)
		}
	}
	if len(got.Numbers) != 3 || got.Numbers[0] != -5.0 || got.Numbers[2] != true || got.Empty == nil {
		t.Errorf("got %v", got)
	}
}
