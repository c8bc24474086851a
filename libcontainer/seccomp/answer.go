package seccomp

import (
	"encoding/binary"
	"errors"
	"fmt"

	"golang.org/x/sys/unix"
)

// answer is what the compiler writes: compiler/request.h.
type answer struct {
	newest  []newest
	unknown []uint32 // numbers of names, see request.names
	program []byte
}

const (
	answerMagic = 0x736e6173
	answerSize  = 24
)

// The steps at which the compiler fails.
const (
	stepArch = 3
	stepRule = 4
)

var errAnswer = errors.New("the seccomp compiler answered with nonsense")

// decode reads the compiler's output.
func (r *request) decode(out []byte) (*answer, error) {
	if len(out) < answerSize || binary.NativeEndian.Uint32(out) != answerMagic {
		return nil, errAnswer
	}
	var head [5]uint32
	for i := range head {
		head[i] = binary.NativeEndian.Uint32(out[4+4*i:])
	}
	errno, step, item, narch, nunknown := head[0], head[1], head[2], uint64(head[3]), uint64(head[4])
	if errno != 0 {
		return nil, r.explain(unix.Errno(errno), step, int(item))
	}
	out = out[answerSize:]
	if narch*8+nunknown*4 > uint64(len(out)) {
		return nil, errAnswer
	}
	a := &answer{}
	for ; narch > 0; narch-- {
		a.newest = append(a.newest, newest{arch: binary.NativeEndian.Uint32(out), number: binary.NativeEndian.Uint32(out[4:])})
		out = out[8:]
	}
	for ; nunknown > 0; nunknown-- {
		a.unknown = append(a.unknown, binary.NativeEndian.Uint32(out))
		out = out[4:]
	}
	a.program = out
	return a, nil
}

// explain names the field that libseccomp refused.
func (r *request) explain(errno unix.Errno, step uint32, item int) error {
	switch {
	case step == stepArch && item < len(r.archs):
		i := r.archs[item]
		return fmt.Errorf("linux.seccomp.architectures[%d]: %s cannot be in one filter with the others and this machine's: libseccomp: %w",
			i, r.profile.spec.Architectures[i], errno)
	case step == stepRule && item < len(r.names):
		return fmt.Errorf("linux.seccomp.syscalls: adding a rule for %q: libseccomp: %w", r.names[item], errno)
	}
	return fmt.Errorf("linux.seccomp: the seccomp compiler: step %d: %w", step, errno)
}
