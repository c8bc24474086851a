package netdev

import (
	"encoding/binary"
	"errors"
	"strconv"

	"golang.org/x/sys/unix"
)

// link is what rtnetlink(7) says about a device.
type link struct {
	index uint32
	flags uint32 // IFF_*
}

// Sizes of the fixed parts of messages.
const (
	sizeofIfInfo = 16 // struct ifinfomsg
	sizeofIfAddr = 8  // struct ifaddrmsg
)

var errShort = errors.New("rtnetlink: short message")

// link finds a device by name; ENODEV if there is none.
func (c *conn) link(name string) (link, error) {
	r := newRequest(unix.RTM_GETLINK, 0)
	r.ifInfo(0, 0, 0)
	r.attribute(unix.IFLA_IFNAME, zeroEnded(name))
	var l link
	err := c.do(r, func(kind uint16, body []byte) error {
		if kind != unix.RTM_NEWLINK || len(body) < sizeofIfInfo {
			return errShort
		}
		l.index = binary.NativeEndian.Uint32(body[4:])
		l.flags = binary.NativeEndian.Uint32(body[8:])
		return nil
	})
	if err == nil && l.index == 0 {
		return l, errShort
	}
	return l, err
}

// has tells whether the device of that name is that one.
func (c *conn) has(name string, index uint32) bool {
	l, err := c.link(name)
	return err == nil && l.index == index
}

// move takes a device to another namespace and renames it on the way.
func (c *conn) move(index uint32, nsfd int, name string) error {
	r := newRequest(unix.RTM_NEWLINK, unix.NLM_F_ACK)
	r.ifInfo(index, 0, 0)
	r.attribute(unix.IFLA_NET_NS_FD, binary.NativeEndian.AppendUint32(nil, uint32(nsfd)))
	r.attribute(unix.IFLA_IFNAME, zeroEnded(name))
	return c.do(r, nil)
}

func (c *conn) rename(index uint32, name string) error {
	r := newRequest(unix.RTM_NEWLINK, unix.NLM_F_ACK)
	r.ifInfo(index, 0, 0)
	r.attribute(unix.IFLA_IFNAME, zeroEnded(name))
	return c.do(r, nil)
}

func (c *conn) up(index uint32) error {
	r := newRequest(unix.RTM_NEWLINK, unix.NLM_F_ACK)
	r.ifInfo(index, unix.IFF_UP, unix.IFF_UP)
	return c.do(r, nil)
}

// ifInfo appends struct ifinfomsg.
func (r *request) ifInfo(index, flags, change uint32) {
	r.data = append(r.data, unix.AF_UNSPEC, 0, 0, 0)
	for _, v := range []uint32{index, flags, change} {
		r.data = binary.NativeEndian.AppendUint32(r.data, v)
	}
}

func zeroEnded(s string) []byte { return append([]byte(s), 0) }

// address is what is kept of a device's address.
type address struct {
	family, prefix uint8
	flags          uint32 // IFA_F_*
	attributes     []attribute
}

// keptFlags are those that somebody chose; the kernel finds the others out itself.
const keptFlags = unix.IFA_F_NODAD | unix.IFA_F_OPTIMISTIC | unix.IFA_F_HOMEADDRESS |
	unix.IFA_F_MANAGETEMPADDR | unix.IFA_F_NOPREFIXROUTE | unix.IFA_F_MCAUTOJOIN

// ifaProto is who added the address (IFA_PROTO, Linux 5.18).
const ifaProto = 11

// addresses are the permanent ones of global scope, of any family, in the kernel's
// order: the first of a network is its primary one.
func (c *conn) addresses(index uint32) ([]address, error) {
	for tries := 1; ; tries++ {
		var list []address
		r := newRequest(unix.RTM_GETADDR, unix.NLM_F_DUMP)
		r.data = append(r.data, unix.AF_UNSPEC, 0, 0, 0, 0, 0, 0, 0)
		err := c.do(r, func(kind uint16, body []byte) error {
			if kind != unix.RTM_NEWADDR || len(body) < sizeofIfAddr {
				return errShort
			}
			if binary.NativeEndian.Uint32(body[4:]) != index || body[3] != unix.RT_SCOPE_UNIVERSE {
				return nil
			}
			a, err := parseAddress(body)
			if err == nil && a.flags&unix.IFA_F_PERMANENT != 0 {
				a.flags &= keptFlags
				list = append(list, a)
			}
			return err
		})
		if err != errInterrupted || tries == 10 {
			return list, err
		}
	}
}

func parseAddress(body []byte) (address, error) {
	a := address{family: body[0], prefix: body[1], flags: uint32(body[2])}
	all, err := attributes(body[sizeofIfAddr:])
	for _, t := range all {
		switch t.kind {
		case unix.IFA_FLAGS:
			if len(t.value) != 4 {
				return a, errShort
			}
			a.flags = binary.NativeEndian.Uint32(t.value)
		case unix.IFA_ADDRESS, unix.IFA_LOCAL, unix.IFA_BROADCAST, unix.IFA_CACHEINFO, unix.IFA_RT_PRIORITY, ifaProto:
			a.attributes = append(a.attributes, t)
		}
	}
	return a, err
}

// add gives the device an address; EEXIST if it has it.
func (c *conn) add(index uint32, a address) error {
	r := newRequest(unix.RTM_NEWADDR, unix.NLM_F_ACK|unix.NLM_F_CREATE|unix.NLM_F_EXCL)
	r.data = append(r.data, a.family, a.prefix, 0, unix.RT_SCOPE_UNIVERSE)
	r.data = binary.NativeEndian.AppendUint32(r.data, index)
	r.attribute(unix.IFA_FLAGS, binary.NativeEndian.AppendUint32(nil, a.flags))
	for _, t := range a.attributes {
		r.attribute(t.kind, t.value)
	}
	return c.do(r, nil)
}

// String is the address as ip(8) writes it, but for the zeros of IPv6.
func (a address) String() string {
	var ip []byte
	for _, t := range a.attributes {
		if t.kind == unix.IFA_LOCAL || t.kind == unix.IFA_ADDRESS && ip == nil {
			ip = t.value
		}
	}
	var text []byte
	for i := range ip {
		switch {
		case len(ip) == 4 && i > 0:
			text = append(text, '.')
		case len(ip) != 4 && i > 0 && i%2 == 0:
			text = append(text, ':')
		}
		if len(ip) == 4 {
			text = strconv.AppendUint(text, uint64(ip[i]), 10)
		} else if i%2 == 1 {
			text = strconv.AppendUint(text, uint64(ip[i-1])<<8|uint64(ip[i]), 16)
		}
	}
	return string(strconv.AppendUint(append(text, '/'), uint64(a.prefix), 10))
}
