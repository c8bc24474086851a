package container

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"golang.org/x/sys/unix"

	"rt/libcontainer/compile"
	"rt/libcontainer/launch"
	"rt/libcontainer/plan"
)

// hookTail is how much of a hook's output an error shows, in bytes.
const hookTail = 2048

// explain makes the failure of an operation into one line that says what was
// tried, on what, for which field, and why it failed.
func explain(err error, p *plan.Plan, dir string) error {
	var op *launch.OpError
	if !errors.As(err, &op) || errors.Is(err, context.Canceled) {
		return err
	}
	if op.Op.Code == plan.OpAnnounce {
		return op.Err
	}
	text := doing(p, op.Op)
	out := fmt.Errorf("%s: %w", text, reason(op, commandName(p)))
	if hint := hint(p, op); hint != "" {
		out = fmt.Errorf("%w (%s)", out, hint)
	}
	if op.Op.Code == plan.OpHook {
		out = withOutput(out, dir, text)
		return &hookError{out}
	}
	return out
}

// hookError marks the failure of a hook: then the poststop hooks run.
type hookError struct{ error }

func (e *hookError) Unwrap() error { return e.error }

func hookFailed(err error) bool {
	var h *hookError
	return errors.As(err, &h)
}

// doing says what an operation does, in terms of the configuration.
func doing(p *plan.Plan, op *plan.Op) string {
	a := op.Args
	what := ""
	switch op.Code {
	case plan.OpProgram, plan.OpExecve:
		if len(a[0].List) == 0 {
			return `process.args[0]: exec: ""`
		}
		return fmt.Sprintf("process.args[0]: exec: %q", commandName(p))
	case plan.OpHook:
		what = "hook " + a[0].Str
	case plan.OpOpenTree, plan.OpOpen:
		what = "opening " + a[2].Str
	case plan.OpMkpath:
		what = fmt.Sprintf("mount point %s", "/"+strings.TrimPrefix(a[2].Str, "/"))
		if strings.HasPrefix(op.Origin, "process.cwd") {
			what = "making /" + a[2].Str
		}
	case plan.OpMoveMount:
		what = "mounting" + target(p, op)
	case plan.OpFsopen:
		what = "file system type " + a[1].Str + target(p, op)
	case plan.OpFsset:
		what = fmt.Sprintf("file system option %s=%s%s", a[1].Str, a[2].Str, target(p, op))
	case plan.OpFsflag:
		what = "file system option " + a[1].Str + target(p, op)
	case plan.OpFsmount:
		what = "making the file system" + target(p, op)
	case plan.OpChdir:
		what = "chdir to " + a[0].Str
	case plan.OpConnect:
		what = "connecting to " + a[1].Str
	case plan.OpCgroupMkdir:
		what = "making the cgroup"
	case plan.OpDevnode:
		what = "device node " + strings.TrimPrefix(target(p, op), " on ") + "/" + a[1].Str
	case plan.OpMask, plan.OpReadonly, plan.OpWriteAt:
		what = a[1].Str
	case plan.OpSetns:
		what = "joining the namespace " + opened(p, op)
	case plan.OpRlimit:
		what = "setting " + compile.RlimitName(int(a[0].Num))
	case plan.OpUnshare:
		what = "making namespaces"
	case plan.OpSpawn, plan.OpIdmap, plan.OpCgroupWrite, plan.OpResctrlMkdir, plan.OpResctrlWrite, plan.OpResctrlJoin, plan.OpProcWrite, plan.OpPidFile, plan.OpSaveState:
	default:
		what = op.Code.String()
	}
	switch {
	case op.Origin == "":
		if what == "" {
			return op.Code.String()
		}
		return what
	case what == "":
		return op.Origin
	}
	return op.Origin + ": " + what
}

// target is what an operation for a field is about, by the path that is made for
// the same field: " on /proc".
func target(p *plan.Plan, op *plan.Op) string {
	for i := range p.Ops {
		if p.Ops[i].Code == plan.OpMkpath && p.Ops[i].Origin == op.Origin {
			return " on /" + p.Ops[i].Args[2].Str
		}
	}
	return ""
}

// opened is the path of the file that the parent opened for the same field.
func opened(p *plan.Plan, op *plan.Op) string {
	for i := range p.Ops {
		if p.Ops[i].Code == plan.OpOpen && p.Ops[i].Origin == op.Origin {
			return p.Ops[i].Args[2].Str
		}
	}
	return ""
}

// commandName is args[0].
func commandName(p *plan.Plan) string {
	for i := range p.Ops {
		if p.Ops[i].Code == plan.OpExecve && len(p.Ops[i].Args[0].List) > 0 {
			return p.Ops[i].Args[0].List[0]
		}
	}
	return ""
}

// reason is why an operation failed, in the words that callers look for.
func reason(e *launch.OpError, command string) error {
	if e.Op.Code != plan.OpProgram {
		return e.Err
	}
	list := e.Op.Args[0].List
	bare := !strings.Contains(command, "/")
	switch {
	case errors.Is(e.Err, unix.ENOENT) && bare:
		return commandFailed(errors.New("executable file not found in $PATH"), e.Err)
	case errors.Is(e.Err, unix.ENOENT):
		return commandFailed(fmt.Errorf("stat %s: %w", list[0], e.Err), e.Err)
	}
	return commandFailed(e.Err, e.Err)
}

// lateReason is reason for an operation behind the gate, by what it was said to do.
func lateReason(text string, failure error) error {
	if strings.HasPrefix(text, "process.args[0]: ") {
		return commandFailed(failure, failure)
	}
	return failure
}

// commandFailed gives the failure to execute a command its stable name.
func commandFailed(err, errno error) error {
	switch {
	case errors.Is(errno, unix.ENOENT):
		return &commandError{err, "command-not-found"}
	case errors.Is(errno, unix.EACCES), errors.Is(errno, unix.ENOEXEC), errors.Is(errno, unix.EISDIR):
		return &commandError{err, "command-not-executable"}
	}
	return err
}

// withOutput adds the end of what hooks printed.
func withOutput(err error, dir, text string) error {
	if !strings.Contains(text, "hook") {
		return err
	}
	f, openErr := os.Open(dir + "/" + launch.HookLog)
	if openErr != nil {
		return err
	}
	defer f.Close()
	return fmt.Errorf("%w%s", err, tail(f))
}

// tail is the end of a file as one line to put behind an error.
func tail(f *os.File) string {
	if f == nil {
		return ""
	}
	size, err := f.Seek(0, io.SeekEnd)
	if err != nil || size == 0 {
		return ""
	}
	buf := make([]byte, min(size, hookTail))
	n, _ := f.ReadAt(buf, size-int64(len(buf)))
	text := strings.TrimSpace(string(buf[:n]))
	if text == "" {
		return ""
	}
	return ", output: " + strings.Join(strings.FieldsFunc(text, func(r rune) bool { return r == '\n' || r == '\r' }), " | ")
}
