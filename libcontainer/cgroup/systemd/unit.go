package systemd

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"rt/libcontainer/internal/dbus"
	"rt/libcontainer/internal/sys"
	"rt/libcontainer/internal/variant"
)

// Start starts a transient unit with a process in it, none for 0. properties are
// NAME=VALUE, the value in GVariant's text form. It returns when the process is there.
func (m *Manager) Start(ctx context.Context, name string, properties []string, pid int) error {
	list, err := parse(properties)
	if err != nil {
		return err
	}
	if pid != 0 {
		list.Elems = append(list.Elems, property("PIDs", variant.Array("u", variant.Uint32(uint32(pid)))))
	}
	args := []variant.Value{variant.String(name), variant.String("replace"), list, variant.Array("(sa(sv))")}
	asked := false
	for deadline := time.Now().Add(jobTime); ; {
		body, again, err := m.call(ctx, "StartTransientUnit", args...)
		if err == nil {
			err = m.started(ctx, name, job(body))
			if !errors.Is(err, errInactive) || !time.Now().Before(deadline) || pid != 0 && ended(pid) {
				return err
			}
			asked = true // systemd was executed again in between: it may have forgotten
			continue
		}
		if !dbus.IsError(err, unitExists) {
			return fmt.Errorf("starting the unit %s: %w", name, err)
		}
		state := m.state(ctx, name)
		switch {
		case (again || asked) && pid != 0 && inUnit(pid, name):
			return m.started(ctx, name, "") // the call before the connection's end did it
		case time.Now().After(deadline) || ctx.Err() != nil:
			return fmt.Errorf("starting the unit %s: %w", name, err)
		case state == "failed":
			_ = m.ResetFailed(ctx, name) // left behind by somebody; its name is free now
		case state == "deactivating" || state == "inactive" || state == "":
		default:
			return fmt.Errorf("the unit %s exists already and is %s; choose another linux.cgroupsPath, or stop it: systemctl stop %s", name, state, name)
		}
		time.Sleep(10 * time.Millisecond)
	}
}

// errInactive is the answer about a unit that was to be started.
var errInactive = errors.New("it is inactive, its process may have ended")

func (m *Manager) started(ctx context.Context, name, job string) error {
	result, err := m.await(ctx, name, job, "active")
	if err == nil && result != "done" {
		err = fmt.Errorf("its job ended with %q (journalctl -u %s may tell why)", result, name)
	}
	if err != nil {
		_ = m.ResetFailed(context.WithoutCancel(ctx), name)
		return fmt.Errorf("starting the unit %s: %w", name, err)
	}
	return nil
}

// Set changes properties of a unit until the next boot.
func (m *Manager) Set(ctx context.Context, name string, properties []string) error {
	if len(properties) == 0 {
		return nil
	}
	list, err := parse(properties)
	if err != nil {
		return err
	}
	if _, _, err := m.call(ctx, "SetUnitProperties", variant.String(name), variant.Bool(true), list); err != nil {
		return fmt.Errorf("setting properties of the unit %s: %w", name, err)
	}
	return nil
}

// Stop stops a unit and waits until it is gone. One that does not exist, as that of a
// scope whose last process has ended, is no error.
func (m *Manager) Stop(ctx context.Context, name string) error {
	body, _, err := m.call(ctx, "StopUnit", variant.String(name), variant.String("replace"))
	if isGone(err) {
		return nil
	}
	result := ""
	if err == nil {
		result, err = m.await(ctx, name, job(body), "inactive")
	}
	_ = m.ResetFailed(ctx, name)
	switch {
	case err != nil:
		return fmt.Errorf("stopping the unit %s: %w", name, err)
	case result != "done" && m.state(ctx, name) == "active":
		return fmt.Errorf("stopping the unit %s: its job ended with %q", name, result)
	}
	return nil
}

// ResetFailed lets systemd forget a unit that has failed.
func (m *Manager) ResetFailed(ctx context.Context, name string) error {
	_, _, err := m.call(ctx, "ResetFailedUnit", variant.String(name))
	if isGone(err) {
		return nil
	}
	return err
}

// Attach moves a process into a unit's cgroup, or with a path into one below it. It
// is for those who may not write to the cgroups in between.
func (m *Manager) Attach(ctx context.Context, name, path string, pid int) error {
	_, _, err := m.call(ctx, "AttachProcessesToUnit", variant.String(name), variant.String(path),
		variant.Array("u", variant.Uint32(uint32(pid))))
	if err != nil {
		return fmt.Errorf("moving process %d into the unit %s: %w", pid, name, err)
	}
	return nil
}

func isGone(err error) bool {
	return dbus.IsError(err, noSuchUnit) || dbus.IsError(err, notLoaded)
}

// job is the object path that starting and stopping answer with.
func job(body []variant.Value) string {
	if len(body) == 0 {
		return ""
	}
	return body[0].Text
}

// lookTime is how long a job's end is listened for between looks at the unit. The
// signal is lost with the connection, and systemd has been seen to forget it.
const lookTime = 2 * time.Second

// await waits for the end of a job and returns its result. A unit that is in the
// state that the job brings about is "done" without it.
func (m *Manager) await(ctx context.Context, name, job, state string) (result string, err error) {
	deadline := time.Now().Add(jobTime)
	for {
		if job != "" && m.conn != nil {
			listening, cancel := context.WithTimeout(ctx, lookTime)
			signal, err := m.conn.Signal(listening, func(s *dbus.Message) bool {
				return s.Is(managerIF, jobRemoved) && len(s.Body) == 4 && s.Body[1].Text == job
			})
			cancel()
			switch {
			case err == nil:
				return signal.Body[3].Text, nil
			case lost(err):
				m.Close()
			case ctx.Err() != nil:
				return "", context.Cause(ctx)
			case !errors.Is(err, context.DeadlineExceeded):
				return "", err
			}
		}
		switch now := m.state(ctx, name); {
		case now == state:
			return "done", nil
		case now == "failed":
			return now, nil
		case now == "inactive" && state == "active":
			return "", errInactive
		case ctx.Err() != nil:
			return "", context.Cause(ctx)
		case time.Now().After(deadline):
			return "", fmt.Errorf("%w: it is not %s after %v", ErrUnavailable, state, jobTime)
		}
		if job == "" || m.conn == nil {
			time.Sleep(20 * time.Millisecond)
		}
	}
}

// state is a unit's ActiveState: inactive for one that systemd does not know, "" if
// it does not answer.
func (m *Manager) state(ctx context.Context, name string) string {
	body, _, err := m.call(ctx, "GetUnit", variant.String(name))
	if isGone(err) {
		return "inactive"
	}
	if err != nil || len(body) == 0 || m.conn == nil {
		return ""
	}
	ctx, cancel := context.WithTimeout(ctx, answerTime)
	defer cancel()
	if body, err = m.conn.Call(ctx, m.get(body[0].Text, unitIF, "ActiveState")); err != nil {
		if lost(err) {
			m.Close()
		}
		return ""
	}
	return textIn(body)
}

// ended reports whether a process has.
func ended(pid int) bool {
	stat, err := sys.ReadProcStat(pid)
	return err != nil || stat.State == 'Z' || stat.Exiting
}

// inUnit reports whether a process is in the cgroup of a unit.
func inUnit(pid int, name string) bool {
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/cgroup", pid))
	if err != nil {
		return false
	}
	for line := range strings.Lines(string(data)) {
		if strings.HasSuffix(strings.TrimSpace(line), "/"+name) {
			return true
		}
	}
	return false
}

// parse makes the a(sv) of properties.
func parse(properties []string) (variant.Value, error) {
	list := variant.Array("(sv)")
	for _, p := range properties {
		name, text, ok := strings.Cut(p, "=")
		if !ok {
			return list, fmt.Errorf("%q is no property, want NAME=VALUE", p)
		}
		v, err := variant.Parse(text)
		if err != nil {
			return list, fmt.Errorf("property %s: %w", name, err)
		}
		list.Elems = append(list.Elems, property(name, v))
	}
	return list, nil
}

func property(name string, v variant.Value) variant.Value {
	return variant.Struct(variant.String(name), variant.Of(v))
}
