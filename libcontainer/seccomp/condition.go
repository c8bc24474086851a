package seccomp

import "encoding/binary"

// condition compares one argument, see config-linux.md, syscalls[].args.
type condition struct {
	index uint32
	op    uint32 // of operators
	value uint64
	two   uint64
}

// normal makes conditions that mean the same equal: valueTwo counts for
// SCMP_CMP_MASKED_EQ alone, and there only where the mask lets anything through.
func (c condition) normal() condition {
	if c.op == opMaskedEqual {
		c.two &= c.value
	} else {
		c.two = 0
	}
	return c
}

// rule is an action to take if all conditions hold.
type rule struct {
	act        uint32
	conditions []condition
}

// Targets of jumps while a rule is not put together yet. No rule is that long: six
// conditions of at most six instructions each.
const (
	toFail = 0xff // the next rule
	toPass = 0xfe // the next condition
)

// wholeArgs tells architectures whose arguments are 64 bits wide. Of the others' only
// the lower half is compared, whatever the profile's value: as libseccomp does, which
// counts x32 and N32 among them.
func wholeArgs(arch uint32) bool {
	const is64, isN32 = 0x80000000, 0x20000000 // __AUDIT_ARCH_64BIT, _CONVENTION_MIPS64_N32
	return arch&is64 != 0 && arch&isN32 == 0
}

// code does the rule's action if it applies, and else runs through its end.
func (r rule) code(whole bool) []instruction {
	var code []instruction
	var passes []int // by instruction: where its condition ends
	for _, c := range r.conditions {
		code = append(code, c.code(whole)...)
		for len(passes) < len(code) {
			passes = append(passes, -1)
		}
		for i := range passes {
			if passes[i] < 0 {
				passes[i] = len(code)
			}
		}
	}
	fail := len(code) + 1
	for i := range code {
		code[i].jt = target(code[i].jt, i, passes[i], fail)
		code[i].jf = target(code[i].jf, i, passes[i], fail)
	}
	return append(code, instruction{code: opRet, k: r.act})
}

func target(j uint8, at, pass, fail int) uint8 {
	switch j {
	case toFail:
		return uint8(fail - at - 1)
	case toPass:
		return uint8(pass - at - 1)
	}
	return j
}

// code runs through its end if the condition holds, and jumps to toFail if not.
func (c condition) code(whole bool) []instruction {
	upper, lower := argument(c.index)
	high, low := uint32(c.value>>32), uint32(c.value)
	if c.op == opMaskedEqual {
		code := []instruction{
			{code: opLoad, k: lower}, {code: opAnd, k: low}, {code: opJeq, k: uint32(c.two), jf: toFail},
		}
		if !whole {
			return code
		}
		return append([]instruction{
			{code: opLoad, k: upper}, {code: opAnd, k: high}, {code: opJeq, k: uint32(c.two >> 32), jf: toFail},
		}, code...)
	}
	code := []instruction{{code: opLoad, k: lower}, c.half(low)}
	if !whole {
		return code
	}
	return append(append([]instruction{{code: opLoad, k: upper}}, c.upper(high)...), code...)
}

// half decides by one half of the argument, the only one or the one that is left.
func (c condition) half(k uint32) instruction {
	switch c.op {
	case opEqual:
		return instruction{code: opJeq, k: k, jf: toFail}
	case opNotEqual:
		return instruction{code: opJeq, k: k, jt: toFail}
	case opGreater:
		return instruction{code: opJgt, k: k, jf: toFail}
	case opGreaterEqual:
		return instruction{code: opJge, k: k, jf: toFail}
	case opLess:
		return instruction{code: opJge, k: k, jt: toFail}
	}
	return instruction{code: opJgt, k: k, jt: toFail} // opLessEqual
}

// upper decides by the upper half of the argument unless the two are equal there.
func (c condition) upper(k uint32) []instruction {
	switch c.op {
	case opEqual:
		return []instruction{{code: opJeq, k: k, jf: toFail}}
	case opNotEqual:
		return []instruction{{code: opJeq, k: k, jf: toPass}}
	case opGreater, opGreaterEqual:
		return []instruction{{code: opJgt, k: k, jt: toPass}, {code: opJeq, k: k, jf: toFail}}
	}
	return []instruction{{code: opJgt, k: k, jt: toFail}, {code: opJeq, k: k, jf: toPass}}
}

// argument is where the halves of an argument are in struct seccomp_data.
func argument(index uint32) (upper, lower uint32) {
	at := offArgs + 8*index
	if binary.NativeEndian.Uint16([]byte{1, 0}) == 1 {
		return at + 4, at
	}
	return at, at + 4
}
