package seccomp

import (
	"slices"
	"testing"

	"golang.org/x/sys/unix"
)

func assemble(program ...instruction) []byte {
	var data []byte
	for _, i := range program {
		data = i.append(data)
	}
	return data
}

func TestProgramsThatDoNotStayInsideThemselvesAreRefused(t *testing.T) {
	ret := instruction{code: opRet}
	if err := validProgram(assemble(instruction{code: opLoad, k: 60}, instruction{code: opJeq, jt: 1}, ret, ret)); err != nil {
		t.Fatal(err)
	}
	if err := validProgram(assemble(slices.Repeat([]instruction{ret}, 4096)...)); err != nil {
		t.Fatal(err)
	}
	for name, program := range map[string][]byte{
		"empty":               nil,
		"half an instruction": assemble(ret)[:4],
		"too long":            assemble(slices.Repeat([]instruction{ret}, 4097)...),
		"falls out":           assemble(ret, instruction{code: opAnd}),
		"load at the end":     assemble(ret, instruction{code: opLoad}),
		"jumps out":           assemble(instruction{code: opJump, k: 1}, ret),
		"jumps far":           assemble(instruction{code: opJump, k: 0xffffffff}, ret),
		"branches out":        assemble(instruction{code: opJgt, jt: 1}, ret),
		"branches out if not": assemble(instruction{code: opJset, jf: 1}, ret),
		"reads past the data": assemble(instruction{code: opLoad, k: 64}, ret),
		"reads between":       assemble(instruction{code: opLoad, k: 2}, ret),
		"other instruction":   assemble(instruction{code: unix.BPF_ST}, ret),
		"returns accumulator": assemble(instruction{code: unix.BPF_RET | unix.BPF_A}),
	} {
		if validProgram(program) == nil {
			t.Errorf("%s is taken", name)
		}
	}
}
