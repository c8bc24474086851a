package seccomp

import (
	"encoding/binary"
	"fmt"

	"golang.org/x/sys/unix"
)

// instructionSize is sizeof(struct sock_filter): code 2, jt 1, jf 1, k 4.
const instructionSize = 8

// The instructions that filters are made of, by bpf_common.h.
const (
	opLoad = unix.BPF_LD | unix.BPF_W | unix.BPF_ABS
	opAnd  = unix.BPF_ALU | unix.BPF_AND | unix.BPF_K
	opJump = unix.BPF_JMP | unix.BPF_JA
	opJeq  = unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K
	opJge  = unix.BPF_JMP | unix.BPF_JGE | unix.BPF_K
	opJgt  = unix.BPF_JMP | unix.BPF_JGT | unix.BPF_K
	opJset = unix.BPF_JMP | unix.BPF_JSET | unix.BPF_K
	opRet  = unix.BPF_RET | unix.BPF_K
)

// What filters read: struct seccomp_data.
const (
	offNumber  = 0
	offArch    = 4
	offArgs    = 16
	sizeOfData = 64
)

type instruction struct {
	code   uint16
	jt, jf uint8
	k      uint32
}

func (i instruction) append(program []byte) []byte {
	program = binary.NativeEndian.AppendUint16(program, i.code)
	program = append(program, i.jt, i.jf)
	return binary.NativeEndian.AppendUint32(program, i.k)
}

// validProgram proves that a program halts inside itself and only reads its input:
// the kernel would take nothing else either, but a filter read from a file must not
// fail as late as that.
func validProgram(program []byte) error {
	n := len(program) / instructionSize
	if n == 0 || n > unix.BPF_MAXINSNS || len(program)%instructionSize != 0 {
		return fmt.Errorf("seccomp filter of %d bytes is no program of 1 to %d instructions", len(program), unix.BPF_MAXINSNS)
	}
	for i := range n {
		at := program[i*instructionSize:]
		left := uint64(n - i - 1) // instructions after this one
		k := uint64(binary.NativeEndian.Uint32(at[4:]))
		ok := false
		switch binary.NativeEndian.Uint16(at) {
		case opLoad:
			ok = k < sizeOfData && k%4 == 0 && left > 0
		case opAnd:
			ok = left > 0
		case opJump:
			ok = k < left
		case opJeq, opJge, opJgt, opJset:
			ok = uint64(at[2]) < left && uint64(at[3]) < left
		case opRet:
			ok = true
		}
		if !ok {
			return fmt.Errorf("seccomp filter: instruction %d (%x) is not one of a filter", i, at[:instructionSize])
		}
	}
	return nil
}

// decide is what a valid program says of a system call of this machine's, with the
// same value for every argument.
func decide(program []byte, number uint32, arg uint64) uint32 {
	data := make([]byte, offArgs, sizeOfData)
	binary.NativeEndian.PutUint32(data[offNumber:], number)
	binary.NativeEndian.PutUint32(data[offArch:], nativeArch)
	for range maxArgs {
		data = binary.NativeEndian.AppendUint64(data, arg)
	}
	a := uint32(0)
	for at := 0; ; at += instructionSize {
		i := program[at:]
		k, taken := binary.NativeEndian.Uint32(i[4:]), false
		switch binary.NativeEndian.Uint16(i) {
		case opRet:
			return k
		case opLoad:
			a = binary.NativeEndian.Uint32(data[k:])
			continue
		case opAnd:
			a &= k
			continue
		case opJump:
			at += int(k) * instructionSize
			continue
		case opJeq:
			taken = a == k
		case opJge:
			taken = a >= k
		case opJgt:
			taken = a > k
		case opJset:
			taken = a&k != 0
		}
		if taken {
			at += int(i[2]) * instructionSize
		} else {
			at += int(i[3]) * instructionSize
		}
	}
}
