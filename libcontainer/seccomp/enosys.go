package seccomp

import "golang.org/x/sys/unix"

// newest is the highest number that a profile's system calls have on one
// architecture, which is a libseccomp token; 0 if they do not exist there.
type newest struct {
	arch   uint32
	number uint32
}

// x32Bit marks the system calls of x32, which come as x86_64's otherwise.
const x32Bit = 0x40000000

const retEnosys = unix.SECCOMP_RET_ERRNO | uint32(unix.ENOSYS)

// enosysStub is a program to put in front of a filter. A system call newer than all
// that the profile names was not known to its author, so that its refusal is no
// decision: it answers ENOSYS, from which C libraries fall back to an older call,
// where EPERM would be taken for the truth. Everything else goes on to the filter.
func enosysStub(list []newest) []byte {
	var sections []limit
	size := 1
	for _, l := range limits(list) {
		sections = append(sections, l)
		size += 3 + len(l.code())
	}
	if len(sections) == 0 {
		return nil
	}
	program := instruction{code: opLoad, k: offArch}.append(make([]byte, 0, size*instructionSize))
	for _, l := range sections {
		code := l.code()
		program = instruction{code: opJeq, k: l.arch, jf: uint8(len(code) + 2)}.append(program)
		program = instruction{code: opLoad, k: offNumber}.append(program)
		for _, i := range code {
			program = i.append(program)
		}
		left := size - len(program)/instructionSize - 1
		program = instruction{code: opJump, k: uint32(left)}.append(program)
	}
	return program
}

// limit is what is known of one of the kernel's architectures. A number of 0 is no
// limit.
type limit struct {
	arch   uint32 // as in struct seccomp_data
	number uint32
	x32    uint32 // for the numbers with x32Bit, on x86_64
}

// limits brings x32 and x86_64, which are one architecture to the kernel, together.
func limits(list []newest) []limit {
	var merged []limit
	for _, n := range list {
		arch := n.arch
		if arch == archX32 {
			arch = archX86_64
		}
		i := 0
		for i < len(merged) && merged[i].arch != arch {
			i++
		}
		switch {
		case n.number == 0:
			continue
		case i == len(merged):
			merged = append(merged, limit{arch: arch})
		}
		if n.arch == archX32 {
			merged[i].x32 = n.number
		} else {
			merged[i].number = n.number
		}
	}
	return merged
}

// code expects the number in the accumulator and runs through its end for what is
// left to the filter.
func (l limit) code() []instruction {
	switch l.arch {
	case archX86_64:
		plain, marked := newer(l.number), newer(l.x32)
		skip := instruction{code: opJump, k: uint32(len(marked))}
		code := append([]instruction{{code: opJset, k: x32Bit, jt: uint8(len(plain) + 1)}}, plain...)
		return append(append(code, skip), marked...)
	case archS390, archS390X:
		// Numbers that do not fit the instruction SVC come in a register; those the
		// kernel does not know arrive here as 0, the number of the ancient setup(2).
		return append([]instruction{{code: opJeq, jf: 1}, {code: opRet, k: retEnosys}}, newer(l.number)...)
	}
	return newer(l.number)
}

// newer answers numbers above number.
func newer(number uint32) []instruction {
	if number == 0 {
		return nil
	}
	return []instruction{{code: opJgt, k: number, jf: 1}, {code: opRet, k: retEnosys}}
}
