// Package devices enforces device rules on cgroup v2, where a BPF program decides
// instead of files.
package devices

import (
	"encoding/binary"
	"fmt"

	"rt/libcontainer/cgroup/setting"
)

// The bits of struct bpf_cgroup_dev_ctx, whose first word has the type in its lower
// and the access in its upper half. setting.Access has the kernel's bits.
const (
	typeBlock = 1
	typeChar  = 2
)

// Registers: what is asked for, and the answer.
const (
	r0Answer = iota
	r1Context
	r2Type
	r3Access // the bits on which no rule has decided yet
	r4Major
	r5Minor
)

// Opcodes: class, operation and source of linux/bpf.h put together.
const (
	opLoad32  = 0x61 // dst = *(u32 *)(src + off)
	opAnd32   = 0x54 // dst &= imm
	opRsh32   = 0x74 // dst >>= imm
	opMov32   = 0xb4 // dst = imm
	opJeq32   = 0x16 // if dst == imm goto off
	opJne32   = 0x56 // if dst != imm goto off
	opJset32  = 0x46 // if dst & imm goto off
	opGoto    = 0x05 // goto off
	opExit    = 0x95
	insnBytes = 8
)

// insn is a struct bpf_insn.
type insn struct {
	op       uint8
	dst, src uint8
	off      int16
	imm      int32
}

// maxInsns keeps every jump within the 16 bits of its offset.
const maxInsns = 1<<15 - 1

// Program compiles rules to a program of type BPF_PROG_TYPE_CGROUP_DEVICE, as an array
// of struct bpf_insn. It fails only for some thousands of rules.
//
// The last rule that matches a device and an access decides, so the program begins
// with the last rule and each takes the bits it allows off what is asked for. When
// no bit is left the answer is yes. A rule that denies a bit which is left, or the
// end of the rules, makes it no.
//
// The program is a chain with one test for each rule, followed by what the rules do
// when that test succeeds, each of which returns to the chain. The verifier follows
// the chain first, where it knows nothing about the device, and then finds whatever
// comes back from a rule to be a case of what it has seen. In the straightforward
// order it would check the rest of the rules once more for every rule, and give up
// after a few hundred.
func Program(rules []setting.Device) ([]byte, error) {
	chain := []insn{
		{opLoad32, r2Type, r1Context, 0, 0},
		{opAnd32, r2Type, 0, 0, 0xffff},
		{opLoad32, r3Access, r1Context, 0, 0},
		{opRsh32, r3Access, 0, 0, 16},
		{opLoad32, r4Major, r1Context, 4, 0},
		{opLoad32, r5Minor, r1Context, 8, 0},
	}
	first := len(chain)
	var bodies [][]insn
	for i := len(rules) - 1; i >= 0; i-- {
		test, body := rule(&rules[i])
		chain = append(chain, test)
		bodies = append(bodies, body)
		if everything(&rules[i]) {
			break // no earlier rule is ever reached
		}
	}
	prog := append(chain, answer(0)...)
	for i, body := range bodies {
		prog[first+i].off = int16(len(prog) - (first + i) - 1)
		for j := range body {
			if in := &body[j]; in.op == opGoto || in.op == opJne32 && in.dst != r3Access {
				in.off = int16(first + i - (len(prog) + j))
			}
		}
		prog = append(prog, body...)
		if len(prog) > maxInsns {
			return nil, fmt.Errorf("linux.resources.devices: %d rules do not fit into a device program, want less than %d", len(rules), maxInsns/10)
		}
	}
	return encode(prog), nil
}

func everything(d *setting.Device) bool {
	return d.Type == 'a' && d.Major == setting.Any && d.Minor == setting.Any && d.Access == setting.AllAccess
}

// rule returns the test in the chain, which jumps to the body, and the body: the
// other tests and what the rule decides. Jumps out of the body, by goto or by a test
// that fails, go back to the next test in the chain.
func rule(d *setting.Device) (test insn, body []insn) {
	if d.Major != setting.Any {
		body = append(body, insn{op: opJne32, dst: r4Major, imm: int32(uint32(d.Major))})
	}
	if d.Minor != setting.Any {
		body = append(body, insn{op: opJne32, dst: r5Minor, imm: int32(uint32(d.Minor))})
	}
	switch d.Type {
	case 'b':
		body = append(body, insn{op: opJne32, dst: r2Type, imm: typeBlock})
	case 'c':
		body = append(body, insn{op: opJne32, dst: r2Type, imm: typeChar})
	}
	test = insn{op: opGoto}
	if len(body) > 0 {
		test, body = body[0], body[1:]
		test.op = opJeq32
	}
	bits := int32(d.Access)
	if d.Allow {
		body = append(body,
			insn{op: opAnd32, dst: r3Access, imm: ^bits},
			insn{op: opJne32, dst: r3Access, off: 2}) // behind the answer
		body = append(body, answer(1)...)
		body = append(body, insn{op: opGoto})
	} else {
		body = append(body,
			insn{op: opJset32, dst: r3Access, imm: bits, off: 1},
			insn{op: opGoto})
		body = append(body, answer(0)...)
	}
	return test, body
}

func answer(n int32) []insn {
	return []insn{{op: opMov32, dst: r0Answer, imm: n}, {op: opExit}}
}

func encode(prog []insn) []byte {
	order := binary.NativeEndian
	little := order.Uint16([]byte{1, 0}) == 1
	out := make([]byte, 0, len(prog)*insnBytes)
	for _, in := range prog {
		// The two halves of the byte are C bit fields, in the machine's order.
		regs := in.dst | in.src<<4
		if !little {
			regs = in.dst<<4 | in.src
		}
		out = append(out, in.op, regs)
		out = order.AppendUint16(out, uint16(in.off))
		out = order.AppendUint32(out, uint32(in.imm))
	}
	return out
}
