package main

import (
	"bytes"
	"os"
	"testing"
)

func TestTheCommittedDecoderIsWhatTheGeneratorWrites(t *testing.T) {
	want, err := generate()
	if err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile("../../decode_gen.go")
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Error("decode_gen.go is stale: run go generate ./libcontainer/spec")
	}
}
