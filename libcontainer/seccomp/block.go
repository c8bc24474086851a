package seccomp

import (
	"encoding/binary"

	"golang.org/x/sys/unix"
)

// block is the rules for some names, to be tried in this order.
type block struct {
	rules       []rule
	multiplexer bool // the names are socketcall or ipc themselves
	start       int  // in instructions from the end of the compiler's program; -1 if not placed
}

// code is the block's program: it ends in one of the actions or in def.
func (b *block) code(def uint32, list []newest) []instruction {
	var code []instruction
	if !b.multiplexer {
		code = b.multiplexed(def, list)
	}
	var narrow []uint32
	whole := false
	for _, n := range list {
		if wholeArgs(n.arch) {
			whole = true
		} else {
			narrow = append(narrow, n.arch)
		}
	}
	switch {
	case len(narrow) == 0:
		return append(code, b.tries(def, true)...)
	case !whole:
		return append(code, b.tries(def, false)...)
	}
	both := b.tries(def, true)
	for _, arch := range narrow {
		code = append(code, from(arch)...)
	}
	for i := range code {
		if code[i].code == opJump {
			code[i].k = uint32(len(code) - i - 1 + len(both))
		}
	}
	return append(append(code, both...), b.tries(def, false)...)
}

// from jumps away for system calls of the architecture.
func from(arch uint32) []instruction {
	away := instruction{code: opJump}
	if arch == archX32 {
		return []instruction{
			{code: opLoad, k: offArch}, {code: opJeq, k: archX86_64, jf: 3},
			{code: opLoad, k: offNumber}, {code: opJset, k: x32Bit, jf: 1}, away,
		}
	}
	return []instruction{{code: opLoad, k: offArch}, {code: opJeq, k: arch, jf: 1}, away}
}

// tries are the rules, and what happens if none applies.
func (b *block) tries(def uint32, whole bool) []instruction {
	var code []instruction
	for _, r := range b.rules {
		code = append(code, r.code(whole)...)
	}
	return append(code, instruction{code: opRet, k: def})
}

// multiplexed answers for what comes through socketcall(2) and ipc(2): its arguments
// are in memory, where a filter cannot look, and so it gets the strictest of what it
// could get. Both numbers count, since libseccomp leads each to the names behind it
// only.
func (b *block) multiplexed(def uint32, list []newest) []instruction {
	strictest := def
	for _, r := range b.rules {
		// The kernel's order of actions is that of signed numbers.
		if int32(r.act) < int32(strictest) {
			strictest = r.act
		}
	}
	var code []instruction
	for _, n := range list {
		base, ok := multiplexers(n.arch)
		if !ok {
			continue
		}
		code = append(code,
			instruction{code: opLoad, k: offArch}, instruction{code: opJeq, k: n.arch, jf: 4},
			instruction{code: opLoad, k: offNumber},
			instruction{code: opJeq, k: base + 102, jt: 1}, instruction{code: opJeq, k: base + 117, jf: 1},
			instruction{code: opRet, k: strictest})
	}
	return code
}

// multiplexers tells the architectures with socketcall(2) and ipc(2), which are 102
// and 117 after the first number on each.
func multiplexers(arch uint32) (base uint32, ok bool) {
	switch arch {
	case unix.AUDIT_ARCH_I386, archS390, archS390X,
		unix.AUDIT_ARCH_PPC, unix.AUDIT_ARCH_PPC64, unix.AUDIT_ARCH_PPC64LE:
		return 0, true
	case unix.AUDIT_ARCH_MIPS, unix.AUDIT_ARCH_MIPSEL:
		return 4000, true
	}
	return 0, false
}

// link appends the blocks to the compiler's program and leads there whatever it ends
// in a block's action.
func (r *request) link(program []byte, list []newest) []byte {
	var tail []byte
	end := len(program)
	for at := 0; at+instructionSize <= end; at += instructionSize {
		b := r.blocks[binary.NativeEndian.Uint32(program[at+4:])]
		if binary.NativeEndian.Uint16(program[at:]) != unix.BPF_RET|unix.BPF_K || b == nil {
			continue
		}
		if b.start < 0 {
			b.start = len(tail) / instructionSize
			for _, i := range b.code(r.profile.def, list) {
				tail = i.append(tail)
			}
		}
		left := (end-at)/instructionSize - 1
		instruction{code: opJump, k: uint32(left + b.start)}.append(program[at:at])
	}
	return append(program, tail...)
}
