// Package bpftest runs seccomp filters without a kernel.
package bpftest

import (
	"encoding/binary"
	"fmt"

	"golang.org/x/sys/unix"
)

// Data is struct seccomp_data: what a filter decides about.
type Data struct {
	Nr   uint32
	Arch uint32 // AUDIT_ARCH_*
	IP   uint64
	Args [6]uint64
}

func (d Data) bytes() []byte {
	b := make([]byte, 0, 64)
	b = binary.NativeEndian.AppendUint32(b, d.Nr)
	b = binary.NativeEndian.AppendUint32(b, d.Arch)
	b = binary.NativeEndian.AppendUint64(b, d.IP)
	for _, a := range d.Args {
		b = binary.NativeEndian.AppendUint64(b, a)
	}
	return b
}

// Run runs a program, an array of struct sock_filter in the machine's byte order,
// and returns the SECCOMP_RET_* value it ends with. It is an error for the program
// to do what the kernel would not have loaded. See bpf_check_classic and
// seccomp_check_filter in Linux.
func Run(program []byte, d Data) (uint32, error) {
	n := len(program) / 8
	if len(program)%8 != 0 || n == 0 || n > unix.BPF_MAXINSNS {
		return 0, fmt.Errorf("%d bytes are no program", len(program))
	}
	m := machine{input: d.bytes()}
	for m.pc < n {
		at := program[m.pc*8:]
		i := instruction{
			code: binary.NativeEndian.Uint16(at), jt: int(at[2]), jf: int(at[3]),
			k: binary.NativeEndian.Uint32(at[4:]),
		}
		m.pc++
		done, err := m.step(i)
		if err != nil {
			return 0, fmt.Errorf("instruction %d: %w", m.pc-1, err)
		}
		if done {
			return i.k, nil
		}
	}
	return 0, fmt.Errorf("the program runs past its %d instructions", n)
}

type instruction struct {
	code   uint16
	jt, jf int
	k      uint32
}

type machine struct {
	input []byte
	a     uint32
	pc    int
}

// step carries one instruction out and tells whether it was a return.
func (m *machine) step(i instruction) (bool, error) {
	switch i.code {
	case unix.BPF_LD | unix.BPF_W | unix.BPF_ABS:
		if i.k%4 != 0 || i.k >= uint32(len(m.input)) {
			return false, fmt.Errorf("load from offset %d", i.k)
		}
		m.a = binary.NativeEndian.Uint32(m.input[i.k:])
	case unix.BPF_ALU | unix.BPF_AND | unix.BPF_K:
		m.a &= i.k
	case unix.BPF_JMP | unix.BPF_JA:
		m.pc += int(i.k)
	case unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K:
		m.branch(m.a == i.k, i)
	case unix.BPF_JMP | unix.BPF_JGE | unix.BPF_K:
		m.branch(m.a >= i.k, i)
	case unix.BPF_JMP | unix.BPF_JGT | unix.BPF_K:
		m.branch(m.a > i.k, i)
	case unix.BPF_JMP | unix.BPF_JSET | unix.BPF_K:
		m.branch(m.a&i.k != 0, i)
	case unix.BPF_RET | unix.BPF_K:
		return true, nil
	default:
		return false, fmt.Errorf("code %#x", i.code)
	}
	return false, nil
}

func (m *machine) branch(taken bool, i instruction) {
	if taken {
		m.pc += i.jt
	} else {
		m.pc += i.jf
	}
}
