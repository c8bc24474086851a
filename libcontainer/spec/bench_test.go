package spec

import (
	"encoding/json"
	"testing"

	"github.com/opencontainers/runtime-spec/specs-go"
)

func BenchmarkParseDefault(b *testing.B) { benchmarkParse(b, fixture(b, "default.json")) }
func BenchmarkParseEngine(b *testing.B)  { benchmarkParse(b, fixture(b, "engine.json")) }

func BenchmarkEncodingJSONEngine(b *testing.B) {
	data := fixture(b, "engine.json")
	b.ReportAllocs()
	b.SetBytes(int64(len(data)))
	for b.Loop() {
		var s specs.Spec
		if err := json.Unmarshal(data, &s); err != nil {
			b.Fatal(err)
		}
	}
}

func benchmarkParse(b *testing.B, data []byte) {
	b.ReportAllocs()
	b.SetBytes(int64(len(data)))
	for b.Loop() {
		if _, err := Parse(data); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkValidateEngine(b *testing.B) {
	c, err := Parse(fixture(b, "engine.json"))
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		c.Validate()
	}
}
