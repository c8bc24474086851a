// Package systemd asks an instance of systemd to make, change and remove the units
// of containers.
//
// Every call is bounded. The connection may end at any moment, because the bus or
// systemd itself is restarted: then it is made again and the call repeated, and what
// the call has done already is recognised.
package systemd

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"rt/libcontainer/cgroup/unit"
	"rt/libcontainer/internal/dbus"
	"rt/libcontainer/internal/variant"
)

// Bounds of waits: for one answer, for the end of a job, and for systemd to listen
// again after it was there.
const (
	answerTime = 25 * time.Second
	jobTime    = 30 * time.Second
	returnTime = 5 * time.Second
)

// The names of systemd's D-Bus interface, org.freedesktop.systemd1(5).
const (
	service    = "org.freedesktop.systemd1"
	objectPath = "/org/freedesktop/systemd1"
	managerIF  = "org.freedesktop.systemd1.Manager"
	unitIF     = "org.freedesktop.systemd1.Unit"
	propertyIF = "org.freedesktop.DBus.Properties"
	noSuchUnit = "org.freedesktop.systemd1.NoSuchUnit"
	unitExists = "org.freedesktop.systemd1.UnitExists"
	notLoaded  = "org.freedesktop.systemd1.UnitNotLoaded"
	jobRemoved = "JobRemoved"
)

// Manager is a connection to an instance of systemd.
type Manager struct {
	unit.Manager // what is known about it
	conn         *dbus.Conn
	destination  string // of the bus; "" when the peer is systemd itself
}

// ErrUnavailable is the error for a systemd that cannot be talked to.
var ErrUnavailable = errors.New("systemd cannot be reached")

// Open is Connect; it also asks for the instance's version and cgroup.
func Open(ctx context.Context, user bool) (*Manager, error) {
	m, err := Connect(ctx, user)
	if err != nil {
		return nil, err
	}
	for deadline := time.Now().Add(answerTime); ; {
		if err = m.samePids(); err == nil {
			err = m.ask(ctx)
		}
		if err == nil {
			return m, nil
		}
		m.Close()
		if !lost(err) || time.Now().After(deadline) {
			return nil, err
		}
		if err := m.connect(ctx, returnTime); err != nil {
			return nil, err
		}
	}
}

// samePids checks that a pid means the same process to systemd. In another pid
// namespace it would put a stranger into the container's cgroup.
func (m *Manager) samePids() error {
	pid, err := m.conn.Peer()
	direct := !m.User && m.destination == ""
	if err == nil && (pid == 0 || direct && pid != 1) {
		err = errors.New("it runs in another pid namespace and cannot know which process is meant; run where systemd does")
	}
	if err != nil {
		return fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	return nil
}

// Connect connects to the system's instance or, with user, to the caller's own. The
// error for one that is not there is ErrUnavailable.
func Connect(ctx context.Context, user bool) (*Manager, error) {
	m := &Manager{Manager: unit.Manager{User: user}}
	if !user {
		if _, err := os.Stat("/run/systemd/system"); err != nil {
			return nil, fmt.Errorf("%w: this host was not booted with systemd, /run/systemd/system does not exist; leave out --systemd-cgroup", ErrUnavailable)
		}
	}
	patience := time.Duration(0)
	if !user {
		patience = returnTime // it runs, and may be executing itself anew
	}
	if err := m.connect(ctx, patience); err != nil {
		return nil, err
	}
	return m, nil
}

// Close ends the connection.
func (m *Manager) Close() {
	if m != nil && m.conn != nil {
		m.conn.Close()
		m.conn = nil
	}
}

// ask fills in what is known about the instance, with two questions at a time.
func (m *Manager) ask(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, answerTime)
	defer cancel()
	var answers [2]string
	var serials [2]uint32
	for i, name := range []string{"Version", "ControlGroup"} {
		serial, err := m.conn.Send(ctx, m.get(objectPath, managerIF, name))
		if err != nil {
			return fmt.Errorf("%w: %w", ErrUnavailable, err)
		}
		serials[i] = serial
	}
	for i, serial := range serials {
		body, err := m.conn.Reply(ctx, serial)
		if err != nil {
			return fmt.Errorf("%w: asking it for its version and its cgroup: %w", ErrUnavailable, err)
		}
		answers[i] = textIn(body)
	}
	m.Version, m.ControlGroup = version(answers[0]), answers[1]
	return nil
}

// version reads the number out of "252.39-1~deb12u1" or "v245.4-4ubuntu3"; 0 if there
// is none.
func version(text string) int {
	text = strings.TrimPrefix(text, "v")
	end := 0
	for end < len(text) && text[end] >= '0' && text[end] <= '9' {
		end++
	}
	n, _ := strconv.Atoi(text[:end])
	return n
}

// textIn is the text in an answer's variant.
func textIn(body []variant.Value) string {
	if len(body) == 0 {
		return ""
	}
	v := body[0]
	for v.Type == "v" && len(v.Elems) == 1 {
		v = v.Elems[0]
	}
	return v.Text
}

// connect goes through the ways to the instance. It tries again for a while when
// patience says so: after it has been there it will come back.
func (m *Manager) connect(ctx context.Context, patience time.Duration) error {
	for deadline, pause := time.Now().Add(patience), 5*time.Millisecond; ; pause = min(2*pause, 200*time.Millisecond) {
		err := m.connectOnce(ctx)
		if err == nil || ctx.Err() != nil || time.Now().After(deadline) {
			return err
		}
		time.Sleep(pause)
	}
}

func (m *Manager) connectOnce(ctx context.Context) error {
	m.Close()
	ctx, cancel := context.WithTimeout(ctx, answerTime)
	defer cancel()
	ways := systemWays()
	if m.User {
		ways = userWays(os.Getenv)
	}
	if len(ways) == 0 {
		return fmt.Errorf("%w: the way to systemd's user instance is not known, since neither XDG_RUNTIME_DIR nor DBUS_SESSION_BUS_ADDRESS is set; want a login session (pam_systemd, machinectl shell, or loginctl enable-linger) and the package dbus-user-session", ErrUnavailable)
	}
	var tried []string
	for _, w := range ways {
		conn, err := dbus.Dial(ctx, w.address, w.bus)
		if err == nil && w.bus {
			// systemd sends the end of a job to whoever started it, through the bus.
			_, err = conn.Call(ctx, dbus.Call{
				Destination: dbus.Bus, Path: "/org/freedesktop/DBus", Interface: dbus.Bus, Method: "AddMatch",
				Args: []variant.Value{variant.String("type='signal',sender='" + service + "',interface='" + managerIF + "',member='" + jobRemoved + "'")},
			})
		}
		if err == nil {
			m.conn, m.destination = conn, ""
			if w.bus {
				m.destination = service
			}
			return nil
		}
		conn.Close()
		tried = append(tried, err.Error())
		if ctx.Err() != nil {
			break
		}
	}
	hint := ""
	if m.User {
		hint = "; want a running instance (systemctl --user status) and the package dbus-user-session"
	}
	return fmt.Errorf("%w: %s%s", ErrUnavailable, strings.Join(tried, "; "), hint)
}

// way is one to reach an instance by.
type way struct {
	address string
	bus     bool
}

// systemWays: root talks to systemd directly, which no bus can delay.
func systemWays() []way {
	list := []way{{"unix:path=/run/dbus/system_bus_socket", true}}
	if os.Geteuid() == 0 {
		list = append([]way{{"unix:path=/run/systemd/private", false}}, list...)
	}
	return list
}

// userWays: the instance's own socket, the session's bus as the environment says and
// the user's bus.
func userWays(getenv func(string) string) (list []way) {
	dir := getenv("XDG_RUNTIME_DIR")
	if dir != "" {
		list = append(list, way{"unix:path=" + escapeAddress(dir+"/systemd/private"), false})
	}
	if address := getenv("DBUS_SESSION_BUS_ADDRESS"); address != "" {
		list = append(list, way{address, true})
	}
	if dir != "" {
		list = append(list, way{"unix:path=" + escapeAddress(dir+"/bus"), true})
	}
	return list
}

// escapeAddress escapes what has a meaning in an address.
func escapeAddress(path string) string {
	return strings.NewReplacer("%", "%25", ",", "%2c", ";", "%3b", "=", "%3d").Replace(path)
}

// UserInstance reports whether the caller's own instance is the one to ask: for users,
// and for the root of a user namespace unless the system's instance is in there too.
func UserInstance(euid int, inUserNS bool) bool {
	if euid != 0 {
		return true
	}
	if !inUserNS {
		return false
	}
	var st unix.Stat_t
	return unix.Stat("/run/systemd/private", &st) != nil || st.Uid != 0
}

func (m *Manager) get(path, iface, property string) dbus.Call {
	return dbus.Call{
		Destination: m.destination, Path: path, Interface: propertyIF, Method: "Get",
		Args: []variant.Value{variant.String(iface), variant.String(property)},
	}
}

// call calls a method of the manager. When the connection ends before the answer it
// is made again and the call repeated; then again is true.
func (m *Manager) call(ctx context.Context, method string, args ...variant.Value) (body []variant.Value, again bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, answerTime)
	defer cancel()
	for {
		if m.conn == nil {
			if err := m.connect(ctx, returnTime); err != nil {
				return nil, again, err
			}
		}
		body, err = m.conn.Call(ctx, dbus.Call{Destination: m.destination, Path: objectPath, Interface: managerIF, Method: method, Args: args})
		if !lost(err) {
			return body, again, patient(ctx, err)
		}
		again = true
		m.Close()
		if ctx.Err() != nil {
			return nil, again, patient(ctx, err)
		}
	}
}

// lost reports whether an error means that nobody answers any more: the connection
// has ended, or the bus has lost systemd.
func lost(err error) bool {
	return errors.Is(err, dbus.ErrClosed) ||
		dbus.IsError(err, "org.freedesktop.DBus.Error.NoReply") ||
		dbus.IsError(err, "org.freedesktop.DBus.Error.Disconnected")
}

// patient says how long was waited, if that is what went wrong.
func patient(ctx context.Context, err error) error {
	if err != nil && errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return fmt.Errorf("%w: no answer within %v", ErrUnavailable, answerTime)
	}
	return err
}
