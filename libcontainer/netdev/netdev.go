// Package netdev moves network devices into a container's network namespace.
package netdev

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// Move takes the device out of the calling thread's network namespace into the one
// of nsfd, where it is called name, keeps its permanent global addresses and sets it
// up. An empty name is the device's own; one that ends in %d is completed by the
// kernel to one that is free.
//
// The error wraps EEXIST if the name is taken there, ENODEV if there is no such
// device here, and EINVAL if the kernel lets the device go nowhere. After an error
// the device is back where it was, unless the error says otherwise. See
// config-linux.md, "Network Devices".
func Move(device, name string, nsfd int) error {
	if name == "" {
		name = device
	}
	if err := errors.Join(checkName("key", device), checkName("name", name)); err != nil {
		return fmt.Errorf("linux.netDevices[%s]: %w", device, err)
	}
	m := mover{device: device, name: name}
	if err := m.open(nsfd); err != nil {
		return fmt.Errorf("linux.netDevices[%s]: %w", device, err)
	}
	defer m.close()
	if err := m.move(nsfd); err != nil {
		return fmt.Errorf("linux.netDevices[%s]: %w", device, err)
	}
	return nil
}

// checkName refuses what rtnetlink would cut or misread; the kernel has the last
// word on the rest.
func checkName(field, name string) error {
	switch {
	case len(name) == 0 || len(name) >= unix.IFNAMSIZ:
		return fmt.Errorf("%s: %q has %d bytes, device names have 1 to %d", field, name, len(name), unix.IFNAMSIZ-1)
	case strings.ContainsAny(name, "\x00/"):
		return fmt.Errorf("%s: %q is not a device name", field, name)
	}
	return nil
}

// mover is one device on its way.
type mover struct {
	device, name string
	here, there  *conn
}

func (m *mover) open(nsfd int) (err error) {
	if m.here, err = dial(); err != nil {
		return err
	}
	m.there, err = dialIn(nsfd)
	if err != nil {
		m.here.close()
		return fmt.Errorf("entering the container's network namespace: %w", err)
	}
	return nil
}

func (m *mover) close() {
	m.here.close()
	m.there.close()
}

func (m *mover) move(nsfd int) error {
	was, err := m.here.link(m.device)
	if err != nil {
		return fmt.Errorf("looking for the device: %w", err)
	}
	if err := m.free(); err != nil {
		return err
	}
	// The kernel drops addresses on the way, and those of IPv6 as soon as a device
	// goes down.
	addresses, err := m.here.addresses(was.index)
	if err != nil {
		return fmt.Errorf("listing addresses: %w", err)
	}
	arrival := m.arrival(was)
	err = m.here.move(was.index, nsfd, arrival)
	is, arrived := m.arrived(arrival, was)
	switch {
	case err != nil:
		err = fmt.Errorf("moving the device: %w", err)
	case !arrived:
		err = fmt.Errorf("%q is not in the container's network namespace after the move", arrival)
	default:
		err = m.settle(is, addresses)
	}
	if err != nil && arrived {
		return errors.Join(err, m.back(is, was, addresses))
	}
	if err != nil {
		return errors.Join(err, m.restore(was, addresses))
	}
	return nil
}

// arrived finds the device in the container. The kernel moves it under its old name
// if that is free there and renames it then, so that it can be there although the
// move failed.
func (m *mover) arrived(name string, was link) (link, bool) {
	if m.here.has(m.device, was.index) {
		return link{}, false
	}
	is, err := m.there.link(name)
	if err != nil {
		is, err = m.there.link(m.device)
	}
	return is, err == nil
}

func (m *mover) template() bool { return strings.HasSuffix(m.name, "%d") }

// free proves that the name is not taken in the container.
func (m *mover) free() error {
	if m.template() {
		return nil
	}
	_, err := m.there.link(m.name)
	switch {
	case err == nil:
		return fmt.Errorf("name: %q exists in the container's network namespace already: %w", m.name, unix.EEXIST)
	case errors.Is(err, unix.ENODEV):
		return nil
	}
	return fmt.Errorf("looking for %q in the container's network namespace: %w", m.name, err)
}

// arrival is the name under which to find the device again. A template is filled in
// afterwards, because the kernel does not tell with what.
func (m *mover) arrival(was link) string {
	if m.template() {
		return "rt-move" + strconv.FormatUint(uint64(was.index), 36)
	}
	return m.name
}

// settle makes the device usable in its new place.
func (m *mover) settle(is link, addresses []address) error {
	if m.template() {
		if err := m.there.rename(is.index, m.name); err != nil {
			return fmt.Errorf("name: renaming to %q: %w", m.name, err)
		}
	}
	for _, a := range addresses {
		if err := m.there.add(is.index, a); err != nil {
			return fmt.Errorf("adding the address %s in the container: %w", a, err)
		}
	}
	if err := m.there.up(is.index); err != nil {
		return fmt.Errorf("setting the device up in the container: %w", err)
	}
	return nil
}

// back undoes a move.
func (m *mover) back(is, was link, addresses []address) error {
	home, err := m.here.namespace()
	if err != nil {
		return fmt.Errorf("the device stays in the container: %w", err)
	}
	defer unix.Close(home)
	if err := m.there.move(is.index, home, m.device); err != nil {
		return fmt.Errorf("the device stays in the container: %w", err)
	}
	return m.restore(was, addresses)
}

// restore gives the device in its old place what it had. Addresses that it still has
// are no error.
func (m *mover) restore(was link, addresses []address) error {
	is, err := m.here.link(m.device)
	if err != nil {
		return err
	}
	var all []error
	for _, a := range addresses {
		if err := m.here.add(is.index, a); err != nil && !errors.Is(err, unix.EEXIST) {
			all = append(all, fmt.Errorf("adding the address %s again: %w", a, err))
		}
	}
	if was.flags&unix.IFF_UP != 0 {
		if err := m.here.up(is.index); err != nil {
			all = append(all, fmt.Errorf("setting the device up again: %w", err))
		}
	}
	return errors.Join(all...)
}

// namespace is a descriptor of the network namespace that the socket is in
// (SIOCGSKNS, Linux 4.10).
func (c *conn) namespace() (int, error) {
	fd, err := unix.IoctlRetInt(c.fd, unix.SIOCGSKNS)
	return fd, os.NewSyscallError("ioctl SIOCGSKNS", err)
}
